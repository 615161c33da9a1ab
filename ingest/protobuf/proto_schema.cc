#include "ingest/protobuf/proto_schema.h"

#include <algorithm>
#include <set>

#include "ingest/decode/base64.h"

namespace deltaic::ingest {
namespace {

constexpr int64_t kMostTypes = 20000;
constexpr size_t kMostFiles = 1000;

/// google/protobuf/, as far as messages hold it.
constexpr std::pair<std::string_view, std::string_view> kGoogle[] = {
    {"google/protobuf/timestamp.proto",
     "syntax = \"proto3\"; package google.protobuf;"
     "message Timestamp { int64 seconds = 1; int32 nanos = 2; }"},
    {"google/protobuf/duration.proto",
     "syntax = \"proto3\"; package google.protobuf;"
     "message Duration { int64 seconds = 1; int32 nanos = 2; }"},
    {"google/protobuf/any.proto",
     "syntax = \"proto3\"; package google.protobuf;"
     "message Any { string type_url = 1; bytes value = 2; }"},
    {"google/protobuf/empty.proto",
     "syntax = \"proto3\"; package google.protobuf; message Empty {}"},
    {"google/protobuf/field_mask.proto",
     "syntax = \"proto3\"; package google.protobuf; message FieldMask { repeated string paths = 1; "
     "}"},
    {"google/protobuf/wrappers.proto",
     "syntax = \"proto3\"; package google.protobuf;"
     "message DoubleValue { double value = 1; } message FloatValue { float value = 1; }"
     "message Int64Value { int64 value = 1; } message UInt64Value { uint64 value = 1; }"
     "message Int32Value { int32 value = 1; } message UInt32Value { uint32 value = 1; }"
     "message BoolValue { bool value = 1; } message StringValue { string value = 1; }"
     "message BytesValue { bytes value = 1; }"},
    {"google/protobuf/struct.proto",
     "syntax = \"proto3\"; package google.protobuf;"
     "message Struct { map<string, Value> fields = 1; }"
     "message Value { oneof kind { NullValue null_value = 1; double number_value = 2;"
     " string string_value = 3; bool bool_value = 4; Struct struct_value = 5;"
     " ListValue list_value = 6; } }"
     "enum NullValue { NULL_VALUE = 0; } message ListValue { repeated Value values = 1; }"}};

WellKnown WellKnownOf(std::string_view name) {
  constexpr std::string_view kPrefix = "google.protobuf.";
  if (!name.starts_with(kPrefix)) return WellKnown::kNone;
  name.remove_prefix(kPrefix.size());
  if (name == "Timestamp") return WellKnown::kTimestamp;
  if (name == "Duration") return WellKnown::kDuration;
  if (name == "Struct" || name == "Value" || name == "ListValue") return WellKnown::kJson;
  constexpr std::string_view kWrappers[] = {"DoubleValue", "FloatValue",  "Int64Value",
                                            "UInt64Value", "Int32Value",  "UInt32Value",
                                            "BoolValue",   "StringValue", "BytesValue"};
  return std::ranges::find(kWrappers, name) == std::end(kWrappers) ? WellKnown::kNone
                                                                   : WellKnown::kWrapper;
}

std::string Qualified(const std::string& scope, const std::string& name) {
  return scope.empty() ? name : Concat(scope, '.', name);
}

/// Tries a name in a scope, then in the scopes around it.
template <typename Map>
auto* Resolve(const Map& map, const std::string& name, std::string scope) {
  using Pointer = typename Map::mapped_type::element_type*;
  if (name.starts_with('.')) {
    const auto found = map.find(name.substr(1));
    return found == map.end() ? Pointer(nullptr) : found->second.get();
  }
  while (true) {
    const auto found = map.find(Qualified(scope, name));
    if (found != map.end()) return found->second.get();
    if (scope.empty()) return Pointer(nullptr);
    const size_t dot = scope.rfind('.');
    scope.resize(dot == std::string::npos ? 0 : dot);
  }
}

class Typer {
 public:
  Result<DataTypePtr> Message(const ProtoMessage& message);
  Result<DataTypePtr> Field(const ProtoField& field);

 private:
  Result<DataTypePtr> Single(const ProtoField& field);
  std::set<const ProtoMessage*> inside_;
  int64_t count_ = 0;
};

Result<DataTypePtr> Typer::Single(const ProtoField& field) {
  switch (field.type) {
    case ProtoType::kDouble:
      return DataType::Primitive(TypeId::kDouble);
    case ProtoType::kFloat:
      return DataType::Primitive(TypeId::kFloat);
    case ProtoType::kInt64:
    case ProtoType::kSint64:
    case ProtoType::kSfixed64:
    case ProtoType::kUint32:
    case ProtoType::kFixed32:
      return DataType::Primitive(TypeId::kLong);
    case ProtoType::kUint64:
    case ProtoType::kFixed64:
      return DataType::Decimal(20, 0);
    case ProtoType::kInt32:
    case ProtoType::kSint32:
    case ProtoType::kSfixed32:
      return DataType::Primitive(TypeId::kInteger);
    case ProtoType::kBool:
      return DataType::Primitive(TypeId::kBoolean);
    case ProtoType::kString:
    case ProtoType::kEnum:
      return DataType::Primitive(TypeId::kString);
    case ProtoType::kBytes:
      return DataType::Primitive(TypeId::kBinary);
    default:
      return Message(*field.message);
  }
}

Result<DataTypePtr> Typer::Field(const ProtoField& field) {
  if (!field.is_repeated) return Single(field);
  if (field.message == nullptr || !field.message->is_map_entry) {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr element, Single(field));
    return DataType::Array(std::move(element), true);
  }
  DELTAIC_ASSIGN_OR_RETURN(DataTypePtr value, Field(field.message->fields[1]));
  return DataType::Map(DataType::Primitive(TypeId::kString), std::move(value), true);
}

Result<DataTypePtr> Typer::Message(const ProtoMessage& message) {
  switch (message.known) {
    case WellKnown::kTimestamp:
      return DataType::Primitive(TypeId::kTimestamp);
    case WellKnown::kJson:
      return DataType::Primitive(TypeId::kString);
    case WellKnown::kWrapper:
      return Single(message.fields[0]);
    default:
      break;
  }
  if (!inside_.insert(&message).second) {
    return Status::SchemaMismatch("the Protobuf message ", message.name,
                                  " contains itself, which columns cannot");
  }
  std::vector<StructField> fields;
  for (const ProtoField& field : message.fields) {
    if (++count_ > kMostTypes) {
      return Status::SchemaMismatch("a Protobuf message of more than ", kMostTypes, " fields");
    }
    // A message without fields says nothing but that it is there.
    if (field.message != nullptr && field.message->fields.empty()) continue;
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr type, Field(field));
    fields.push_back({.name = field.name, .type = std::move(type)});
  }
  inside_.erase(&message);
  if (fields.empty()) {
    return Status::SchemaMismatch("the Protobuf message ", message.name, " has no fields");
  }
  return DataType::Struct(std::move(fields));
}

/// Text, or base64 of a FileDescriptorProto, as registries give either.
Result<ProtoFile> ParseAny(std::string_view text) {
  Result<ProtoFile> parsed = ParseProtoText(text);
  if (parsed.ok()) return parsed;
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  if (const auto bytes = DecodeBase64(text)) {
    Result<ProtoFile> described = ParseFileDescriptor(*bytes);
    if (described.ok() && !described->messages.empty()) return described;
  }
  return parsed;
}

}  // namespace

ProtoMessage* ProtoSchema::Declare(const ProtoFile::Message& message, const std::string& scope,
                                   bool is_proto3) {
  const std::string name = Qualified(scope, message.name);
  auto made = std::make_unique<ProtoMessage>();
  made->name = name;
  made->fields = message.fields;
  made->is_map_entry = message.is_map_entry;
  made->known = WellKnownOf(name);
  for (const ProtoFile::Message& nested : message.nested) {
    ProtoMessage* inner = Declare(nested, name, is_proto3);
    if (!nested.is_map_entry) made->nested.push_back(inner);
  }
  for (const ProtoEnum& inner : message.enums) {
    const std::string full = Qualified(name, inner.name);
    enums_[full] = std::make_unique<ProtoEnum>(ProtoEnum{full, inner.values});
  }
  auto& slot = messages_[name];
  slot = std::move(made);
  return slot.get();
}

Status ProtoSchema::AddFile(ProtoFile file, bool is_main) {
  for (const ProtoFile::Message& message : file.messages) {
    const std::string name = Qualified(file.package, message.name);
    if (messages_.contains(name)) {
      return Status::SchemaMismatch("the Protobuf schema defines ", name, " twice");
    }
    ProtoMessage* made = Declare(message, file.package, file.is_proto3);
    if (is_main) main_.push_back(made);
  }
  for (const ProtoEnum& made : file.enums) {
    const std::string full = Qualified(file.package, made.name);
    enums_[full] = std::make_unique<ProtoEnum>(ProtoEnum{full, made.values});
  }
  return Status();
}

Status ProtoSchema::Link() {
  for (const auto& [name, message] : messages_) {
    for (ProtoField& field : message->fields) {
      const bool is_named = field.type == ProtoType::kNone || field.type == ProtoType::kMessage ||
                            field.type == ProtoType::kGroup || field.type == ProtoType::kEnum;
      if (!is_named) continue;
      field.message = Resolve(messages_, field.type_name, name);
      field.enumeration =
          field.message == nullptr ? Resolve(enums_, field.type_name, name) : nullptr;
      if (field.message == nullptr && field.enumeration == nullptr) {
        return Status::SchemaMismatch("the Protobuf message ", name, " refers to ", field.type_name,
                                      ", which is not there");
      }
      if (field.enumeration != nullptr) field.type = ProtoType::kEnum;
      if (field.message != nullptr && field.type != ProtoType::kGroup) {
        field.type = ProtoType::kMessage;
      }
      field.has_presence = field.has_presence || field.message != nullptr;
    }
    const auto& fields = message->fields;
    if (message->is_map_entry && (fields.size() != 2 || fields[0].number != 1 ||
                                  fields[1].number != 2 || fields[0].message != nullptr)) {
      return Status::SchemaMismatch("the Protobuf schema has a damaged map, ", name);
    }
    const bool needs_fields = message->known == WellKnown::kTimestamp ||
                              message->known == WellKnown::kDuration ||
                              message->known == WellKnown::kWrapper;
    const bool is_plain = std::ranges::all_of(fields, [](const ProtoField& field) {
      return field.message == nullptr && !field.is_repeated;
    });
    const size_t expected = message->known == WellKnown::kWrapper ? 1 : 2;
    if (needs_fields && (fields.size() != expected || !is_plain)) message->known = WellKnown::kNone;
  }
  return Status();
}

Result<std::shared_ptr<const ProtoSchema>> ProtoSchema::Make(
    std::string_view text, const std::vector<std::pair<std::string, std::string>>& imports) {
  auto out = std::make_shared<ProtoSchema>();
  std::set<std::string> seen;
  std::vector<std::string> wanted;
  // A set begins with the tag of its first file.
  const Result<std::vector<ProtoFile>> set =
      text.starts_with('\n') ? ParseDescriptorSet(text)
                             : Result<std::vector<ProtoFile>>(Status::SchemaMismatch(""));
  if (set.ok()) {
    for (size_t i = 0; i < set->size(); ++i) {
      DELTAIC_RETURN_IF_ERROR(out->AddFile((*set)[i], i + 1 == set->size()));
      const auto& more = (*set)[i].imports;
      wanted.insert(wanted.end(), more.begin(), more.end());
    }
  } else {
    DELTAIC_ASSIGN_OR_RETURN(ProtoFile file, ParseAny(text));
    wanted = file.imports;
    DELTAIC_RETURN_IF_ERROR(out->AddFile(std::move(file), true));
  }
  while (!wanted.empty()) {
    const std::string name = std::move(wanted.back());
    wanted.pop_back();
    if (!seen.insert(name).second) continue;
    if (seen.size() > kMostFiles)
      return Status::SchemaMismatch("a Protobuf schema of too many files");
    const auto given = std::ranges::find(imports, name, [](const auto& i) { return i.first; });
    const auto google = std::ranges::find(kGoogle, name, [](const auto& i) { return i.first; });
    if (given == imports.end() && google == std::end(kGoogle)) continue;  // maybe not needed
    DELTAIC_ASSIGN_OR_RETURN(ProtoFile file, given != imports.end()
                                                 ? ParseAny(given->second)
                                                 : ParseProtoText(google->second));
    wanted.insert(wanted.end(), file.imports.begin(), file.imports.end());
    const bool is_there = !file.messages.empty() && out->messages_.contains(Qualified(
                                                        file.package, file.messages.front().name));
    if (!is_there) DELTAIC_RETURN_IF_ERROR(out->AddFile(std::move(file), false));
  }
  DELTAIC_RETURN_IF_ERROR(out->Link());
  return std::shared_ptr<const ProtoSchema>(std::move(out));
}

Result<const ProtoMessage*> ProtoSchema::Find(std::string_view name) const {
  if (name.empty()) {
    if (main_.empty()) return Status::SchemaMismatch("the Protobuf schema has no message");
    return main_.front();
  }
  if (const auto found = messages_.find(std::string(name)); found != messages_.end()) {
    return found->second.get();
  }
  const ProtoMessage* match = nullptr;
  int count = 0;
  for (const auto& [full, message] : messages_) {
    if (!full.ends_with(Concat('.', name))) continue;
    match = message.get();
    ++count;
  }
  if (count == 1) return match;
  return Status::SchemaMismatch("the Protobuf schema has ", count == 0 ? "no" : "several",
                                " messages called ", name);
}

Result<const ProtoMessage*> ProtoSchema::FindByPath(const std::vector<int64_t>& path) const {
  const std::vector<ProtoMessage*>* among = &main_;
  const ProtoMessage* found = nullptr;
  for (const int64_t index : path) {
    if (index < 0 || static_cast<size_t>(index) >= among->size()) {
      return Status::SchemaMismatch("the Protobuf schema has no message at index ", index);
    }
    found = (*among)[static_cast<size_t>(index)];
    among = &found->nested;
  }
  if (found == nullptr) return Status::SchemaMismatch("no message index");
  return found;
}

Result<DataTypePtr> DeltaTypeOf(const ProtoMessage& message) { return Typer().Message(message); }

}  // namespace deltaic::ingest
