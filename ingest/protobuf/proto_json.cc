#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "base/civil_time.h"
#include "ingest/decode/base64.h"
#include "ingest/decode/cells.h"
#include "ingest/protobuf/proto_program.h"
#include "ingest/protobuf/proto_values.h"
#include "protocol/json.h"

namespace deltaic::ingest {
namespace {

constexpr int kMostDepth = 64;

using Wires = std::vector<ProtoWire>;

bool MessageJson(const ProtoMessage& message, std::string_view bytes, int depth, std::string& out,
                 const std::vector<const ProtoField*>* only);

void AppendReal(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value);
  out.append(text, end.ptr);
}

bool One(const ProtoField& field, const ProtoWire& wire, int depth, std::string& out) {
  switch (field.type) {
    case ProtoType::kString:
      if (!IsUtf8(wire.bytes)) return false;
      AppendJsonString(out, wire.bytes);
      return true;
    case ProtoType::kBytes:
      AppendJsonString(out, EncodeBase64(wire.bytes));
      return true;
    case ProtoType::kEnum: {
      const auto& values = field.enumeration->values;
      const auto found = values.find(static_cast<int32_t>(wire.bits));
      if (found != values.end()) {
        AppendJsonString(out, found->second);
      } else {
        out += std::to_string(static_cast<int32_t>(wire.bits));
      }
      return true;
    }
    case ProtoType::kMessage:
    case ProtoType::kGroup:
      return MessageJson(*field.message, wire.bytes, depth + 1, out, nullptr);
    default:
      break;
  }
  const ProtoNumber number = NumberOf(field.type, wire.bits);
  switch (number.kind) {
    case ProtoNumber::Kind::kReal:
      AppendReal(number.real, out);
      break;
    case ProtoNumber::Kind::kBool:
      out += number.integer != 0 ? "true" : "false";
      break;
    case ProtoNumber::Kind::kUnsigned:
      out += std::to_string(static_cast<uint64_t>(number.integer));
      break;
    case ProtoNumber::Kind::kSigned:
      out += std::to_string(number.integer);
      break;
  }
  return true;
}

/// The single values of a repeated field, packed or not.
bool Unpack(const ProtoField& field, const Wires& wires, Wires& out) {
  for (const ProtoWire& wire : wires) {
    if (wire.wire == WireOf(field.type)) {
      out.push_back(wire);
    } else if (wire.wire == 2 && IsPackable(field.type)) {
      ProtoReader in(wire.bytes);
      while (!in.at_end()) {
        ProtoWire one{.number = field.number, .wire = WireOf(field.type)};
        if (!NextPacked(in, field.type, one.bits)) return false;
        out.push_back(one);
      }
    }
  }
  return true;
}

bool Map(const ProtoField& field, const Wires& wires, int depth, std::string& out) {
  const ProtoField& key_field = field.message->fields[0];
  const ProtoField& value_field = field.message->fields[1];
  out += '{';
  bool first = true;
  for (const ProtoWire& entry : wires) {
    ProtoWire key{.wire = WireOf(key_field.type)}, value{.wire = WireOf(value_field.type)}, wire;
    ProtoReader in(entry.bytes);
    while (!in.at_end()) {
      if (!in.Next(wire)) return false;
      if (wire.number == 1 && wire.wire == key.wire) key = wire;
      if (wire.number == 2 && wire.wire == value.wire) value = wire;
    }
    std::string name;
    if (!One(key_field, key, depth, name)) return false;
    if (!first) out += ',';
    first = false;
    out += name.starts_with('"') ? name : Concat('"', name, '"');
    out += ':';
    if (!One(value_field, value, depth, out)) return false;
  }
  out += '}';
  return true;
}

bool Field(const ProtoField& field, const Wires& wires, int depth, std::string& out) {
  if (field.message != nullptr && field.message->is_map_entry && field.is_repeated) {
    return Map(field, wires, depth, out);
  }
  if (field.is_repeated) {
    Wires values;
    if (!Unpack(field, wires, values)) return false;
    out += '[';
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      if (!One(field, values[i], depth, out)) return false;
    }
    out += ']';
    return true;
  }
  if (field.message == nullptr || wires.size() == 1) return One(field, wires.back(), depth, out);
  std::string joined;
  for (const ProtoWire& part : wires) joined += part.bytes;
  ProtoWire whole = wires.back();
  whole.bytes = joined;
  return One(field, whole, depth, out);
}

bool WellKnownJson(const ProtoMessage& message, std::string_view bytes, int depth, std::string& out,
                   bool& done) {
  done = true;
  if (message.known == WellKnown::kTimestamp || message.known == WellKnown::kDuration) {
    ProtoTime time;
    int64_t micros = 0;
    if (!ReadProtoTime(bytes, time) || !MicrosOf(time, micros)) return false;
    if (message.known == WellKnown::kTimestamp) {
      out += Concat('"', FormatTimestampMicros(micros, 'T', "Z"), '"');
    } else {
      out += Concat("{\"seconds\":", time.seconds, ",\"nanos\":", time.nanos, '}');
    }
    return true;
  }
  done = message.known == WellKnown::kWrapper || message.known == WellKnown::kJson;
  if (!done) return true;
  const bool is_struct = message.fields.size() == 1;  // Struct, ListValue, and wrappers
  Wires last;
  ProtoReader in(bytes);
  while (!in.at_end()) {
    ProtoWire wire;
    if (!in.Next(wire)) return false;
    const auto field = std::ranges::find(message.fields, wire.number, &ProtoField::number);
    const bool fits = field != message.fields.end() && wire.wire == WireOf(field->type);
    if (!fits) continue;
    if (!is_struct) last.clear();
    last.push_back(wire);
  }
  if (is_struct) {
    const ProtoField& field = message.fields[0];
    if (field.is_repeated) return Field(field, last, depth, out);
    return One(field, last.empty() ? ProtoWire{.number = 1, .wire = 2} : last.back(), depth, out);
  }
  const auto field = last.empty()
                         ? message.fields.end()
                         : std::ranges::find(message.fields, last[0].number, &ProtoField::number);
  if (field == message.fields.end() || field->type == ProtoType::kEnum) {
    out += "null";
    return true;
  }
  return One(*field, last[0], depth, out);
}

bool MessageJson(const ProtoMessage& message, std::string_view bytes, int depth, std::string& out,
                 const std::vector<const ProtoField*>* only) {
  if (depth > kMostDepth) return false;
  if (only == nullptr) {
    bool done = false;
    if (!WellKnownJson(message, bytes, depth, out, done)) return false;
    if (done) return true;
  }
  std::map<int32_t, const ProtoField*> by_number;
  for (const ProtoField& field : message.fields) by_number.emplace(field.number, &field);
  std::map<const ProtoField*, Wires> found;
  ProtoReader in(bytes);
  while (!in.at_end()) {
    ProtoWire wire;
    if (!in.Next(wire)) return false;
    const auto known = by_number.find(wire.number);
    if (known == by_number.end()) continue;
    const ProtoField& field = *known->second;
    const bool fits = wire.wire == WireOf(field.type) ||
                      (field.is_repeated && wire.wire == 2 && IsPackable(field.type));
    if (!fits) continue;
    if (field.oneof >= 0) {
      std::erase_if(found, [&](const auto& entry) {
        return entry.first != &field && entry.first->oneof == field.oneof;
      });
    }
    found[&field].push_back(wire);
  }
  out += '{';
  bool first = true;
  for (const ProtoField& field : message.fields) {
    const bool is_wanted = only == nullptr || std::ranges::find(*only, &field) != only->end();
    const auto wires = found.find(&field);
    const bool is_zero = only == nullptr && wires == found.end() && !field.has_presence &&
                         !field.is_repeated && field.message == nullptr;
    if (!is_wanted || (wires == found.end() && !is_zero)) continue;
    if (!first) out += ',';
    first = false;
    AppendJsonString(out, field.name);
    out += ':';
    if (!Field(field, is_zero ? Wires(1) : wires->second, depth, out)) return false;
  }
  out += '}';
  return true;
}

}  // namespace

bool AppendProtoJson(const ProtoMessage& message, std::string_view bytes, std::string& out,
                     const std::vector<const ProtoField*>* only) {
  return MessageJson(message, bytes, 0, out, only);
}

}  // namespace deltaic::ingest
