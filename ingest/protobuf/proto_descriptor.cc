// Descriptors to ProtoFile: they are Protobuf messages themselves. Source: descriptor.proto.

#include "ingest/protobuf/proto_reader.h"
#include "ingest/protobuf/proto_schema.h"

namespace deltaic::ingest {
namespace {

constexpr int kMostDepth = 64;

Status Damaged() { return Status::SchemaMismatch("not a Protobuf descriptor"); }

/// Calls `visit` for each field.
template <typename Visit>
Status ForEach(std::string_view bytes, const Visit& visit) {
  ProtoReader in(bytes);
  while (!in.at_end()) {
    ProtoWire wire;
    if (!in.Next(wire)) return Damaged();
    DELTAIC_RETURN_IF_ERROR(visit(wire));
  }
  return Status();
}

Status ReadEnumValue(std::string_view bytes, ProtoEnum& out) {
  std::string name;
  int32_t number = 0;
  DELTAIC_RETURN_IF_ERROR(ForEach(bytes, [&](const ProtoWire& wire) {
    if (wire.number == 1 && wire.wire == 2) name = wire.bytes;
    if (wire.number == 2 && wire.wire == 0) number = static_cast<int32_t>(wire.bits);
    return Status();
  }));
  out.values.emplace(number, std::move(name));
  return Status();
}

Status ReadEnum(std::string_view bytes, ProtoEnum& out) {
  return ForEach(bytes, [&](const ProtoWire& wire) {
    if (wire.number == 1 && wire.wire == 2) out.name = wire.bytes;
    return wire.number == 2 && wire.wire == 2 ? ReadEnumValue(wire.bytes, out) : Status();
  });
}

Status ReadField(std::string_view bytes, bool is_proto3, ProtoField& out) {
  constexpr uint64_t kRepeated = 3;
  bool is_proto3_optional = false;
  DELTAIC_RETURN_IF_ERROR(ForEach(bytes, [&](const ProtoWire& wire) {
    if (wire.wire == 2) {
      if (wire.number == 1) out.name = wire.bytes;
      if (wire.number == 6) out.type_name = wire.bytes;
    } else if (wire.wire == 0) {
      if (wire.number == 3) out.number = static_cast<int32_t>(wire.bits);
      if (wire.number == 4) out.is_repeated = wire.bits == kRepeated;
      if (wire.number == 5) {
        if (wire.bits < 1 || wire.bits > 18) return Damaged();
        out.type = static_cast<ProtoType>(wire.bits);
      }
      if (wire.number == 9) out.oneof = static_cast<int>(wire.bits & 0xFFFFFF);
      if (wire.number == 17) is_proto3_optional = wire.bits != 0;
    }
    return Status();
  }));
  if (out.name.empty() || out.number < 1 || out.number >= 1 << 29) return Damaged();
  out.has_presence = out.oneof >= 0 || !is_proto3;
  if (is_proto3_optional) out.oneof = -1;  // one of its own
  return Status();
}

Status ReadMessage(std::string_view bytes, bool is_proto3, int depth, ProtoFile::Message& out) {
  if (depth > kMostDepth) return Damaged();
  return ForEach(bytes, [&](const ProtoWire& wire) -> Status {
    if (wire.wire != 2) return Status();
    switch (wire.number) {
      case 1:
        out.name = wire.bytes;
        return Status();
      case 2:
        return ReadField(wire.bytes, is_proto3, out.fields.emplace_back());
      case 3:
        return ReadMessage(wire.bytes, is_proto3, depth + 1, out.nested.emplace_back());
      case 4:
        return ReadEnum(wire.bytes, out.enums.emplace_back());
      case 7:  // options: map_entry
        return ForEach(wire.bytes, [&](const ProtoWire& option) {
          if (option.number == 7 && option.wire == 0) out.is_map_entry = option.bits != 0;
          return Status();
        });
      default:
        return Status();
    }
  });
}

}  // namespace

Result<ProtoFile> ParseFileDescriptor(std::string_view bytes) {
  ProtoFile out;
  // Before the messages, wherever it stands.
  DELTAIC_RETURN_IF_ERROR(ForEach(bytes, [&](const ProtoWire& wire) {
    if (wire.wire == 2 && wire.number == 12) out.is_proto3 = wire.bytes == "proto3";
    return Status();
  }));
  DELTAIC_RETURN_IF_ERROR(ForEach(bytes, [&](const ProtoWire& wire) -> Status {
    if (wire.wire != 2) return Status();
    if (wire.number == 2) out.package = wire.bytes;
    if (wire.number == 3) out.imports.emplace_back(wire.bytes);
    if (wire.number == 4) {
      return ReadMessage(wire.bytes, out.is_proto3, 1, out.messages.emplace_back());
    }
    if (wire.number == 5) return ReadEnum(wire.bytes, out.enums.emplace_back());
    return Status();
  }));
  return out;
}

Result<std::vector<ProtoFile>> ParseDescriptorSet(std::string_view bytes) {
  std::vector<ProtoFile> out;
  DELTAIC_RETURN_IF_ERROR(ForEach(bytes, [&](const ProtoWire& wire) -> Status {
    if (wire.number != 1 || wire.wire != 2) return Damaged();
    DELTAIC_ASSIGN_OR_RETURN(ProtoFile file, ParseFileDescriptor(wire.bytes));
    out.push_back(std::move(file));
    return Status();
  }));
  if (out.empty()) return Damaged();
  return out;
}

}  // namespace deltaic::ingest
