#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic::ingest {

/// As descriptor.proto numbers them.
enum class ProtoType : uint8_t {
  kNone = 0,  ///< of a file that is not linked yet: a message or an enum
  kDouble = 1,
  kFloat = 2,
  kInt64 = 3,
  kUint64 = 4,
  kInt32 = 5,
  kFixed64 = 6,
  kFixed32 = 7,
  kBool = 8,
  kString = 9,
  kGroup = 10,
  kMessage = 11,
  kBytes = 12,
  kUint32 = 13,
  kEnum = 14,
  kSfixed32 = 15,
  kSfixed64 = 16,
  kSint32 = 17,
  kSint64 = 18,
};

struct ProtoMessage;

struct ProtoEnum {
  std::string name;  ///< full
  std::map<int32_t, std::string> values;
};

struct ProtoField {
  std::string name;
  int32_t number = 0;
  ProtoType type = ProtoType::kNone;
  bool is_repeated = false;
  bool has_presence = false;  ///< absent is null; otherwise absent is the type's zero
  int oneof = -1;             ///< which of the message's
  std::string type_name;      ///< as the file has it
  const ProtoMessage* message = nullptr;
  const ProtoEnum* enumeration = nullptr;
};

/// Messages of google.protobuf that mean a value of their own.
enum class WellKnown : uint8_t {
  kNone,
  kTimestamp,
  kDuration,
  kWrapper,  ///< Int64Value and its like: field 1, or null
  kJson,     ///< Struct, Value, ListValue
};

struct ProtoMessage {
  std::string name;  ///< full
  std::vector<ProtoField> fields;
  bool is_map_entry = false;
  WellKnown known = WellKnown::kNone;
  std::vector<ProtoMessage*> nested;
};

/// A parsed .proto file, not linked: names are as they stand.
struct ProtoFile {
  std::string package;
  bool is_proto3 = false;  ///< scalars have no presence unless they are optional
  std::vector<std::string> imports;
  struct Message {
    std::string name;
    std::vector<ProtoField> fields;
    bool is_map_entry = false;
    std::vector<Message> nested;
    std::vector<ProtoEnum> enums;
  };
  std::vector<Message> messages;
  std::vector<ProtoEnum> enums;
};

/// \retval kSchemaMismatch  what stands in which line.
Result<ProtoFile> ParseProtoText(std::string_view text);
/// A FileDescriptorProto. \retval kSchemaMismatch  it is none.
Result<ProtoFile> ParseFileDescriptor(std::string_view bytes);
/// A FileDescriptorSet, as `protoc --include_imports --descriptor_set_out` writes it; the last
/// file is the one meant. \retval kSchemaMismatch
Result<std::vector<ProtoFile>> ParseDescriptorSet(std::string_view bytes);

/// Messages with all that they refer to. Immutable.
class ProtoSchema {
 public:
  /// \param text  a .proto file, a FileDescriptorSet, or base64 of a FileDescriptorProto.
  /// \param imports  texts by the names by which files import them; google/protobuf/ is there.
  /// \retval kSchemaMismatch  it cannot be understood, or refers to what is not there.
  static Result<std::shared_ptr<const ProtoSchema>> Make(
      std::string_view text, const std::vector<std::pair<std::string, std::string>>& imports = {});

  /// By full name, or by its last part where that is clear; empty: the first one of the file.
  /// \retval kSchemaMismatch
  Result<const ProtoMessage*> Find(std::string_view name) const;
  /// As Confluent counts: the position in the file, then in the message, and so on.
  Result<const ProtoMessage*> FindByPath(const std::vector<int64_t>& path) const;

 private:
  Status AddFile(ProtoFile file, bool is_main);
  ProtoMessage* Declare(const ProtoFile::Message& message, const std::string& scope,
                        bool is_proto3);
  Status Link();

  std::map<std::string, std::unique_ptr<ProtoMessage>> messages_;
  std::map<std::string, std::unique_ptr<ProtoEnum>> enums_;
  std::vector<ProtoMessage*> main_;  ///< of the file meant, in its order
};

/// The type of a column for its values: Timestamp a timestamp, wrappers what they hold, Struct,
/// Value and ListValue texts of JSON, enums texts, unsigned ones what holds them.
/// \retval kSchemaMismatch  a message without fields, or that contains itself, by name.
Result<DataTypePtr> DeltaTypeOf(const ProtoMessage& message);

}  // namespace deltaic::ingest
