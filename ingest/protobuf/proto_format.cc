#include "ingest/protobuf/proto_format.h"

#include <utility>

#include "ingest/decode/schema_format.h"
#include "ingest/protobuf/proto_program.h"
#include "ingest/protobuf/proto_reader.h"

namespace deltaic::ingest {
namespace {

constexpr int64_t kMostIndexes = 64;

/// Which message type a payload is of: a schema, and the way to the message in it.
struct TypeKey {
  SchemaKey schema;
  std::vector<int64_t> path;  ///< empty: by name

  bool operator<(const TypeKey& other) const {
    return schema == other.schema ? path < other.path : schema < other.schema;
  }
  bool operator==(const TypeKey&) const = default;
};

struct MessageType {
  std::shared_ptr<const ProtoSchema> schema;
  const ProtoMessage* message = nullptr;
};

/// See schema_format.h.
struct ProtoSource {
  using Key = TypeKey;
  using Type = MessageType;
  using Program = ProtoProgram;

  FrameStyle style;
  bool has_indexes;
  std::shared_ptr<SchemaStore> schemas;
  std::string message_type;

  Result<std::string_view> Read(std::string_view payload, const MessageContext& context,
                                TypeKey& key, std::string& scratch) const;
  Result<MessageType> Load(const TypeKey& key) const;
  Result<std::unique_ptr<ProtoProgram>> Compile(const MessageType& type, RowBuffer* rows,
                                                Evolution evolution) const {
    return ProtoProgram::Compile(type.schema, *type.message, rows, evolution);
  }
  Status AppendJson(const MessageType& type, std::string_view body, std::string& out) const {
    if (AppendProtoJson(*type.message, body, out)) return Status();
    return Status::Corruption("damaged Protobuf");
  }
  Result<DataTypePtr> Columns(const MessageType& type) const {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr columns, DeltaTypeOf(*type.message));
    return columns->id() == TypeId::kStruct ? std::move(columns) : nullptr;
  }
};

bool ZigZag(ProtoReader& in, int64_t& out) {
  uint64_t bits = 0;
  if (!in.Varint(bits)) return false;
  out = static_cast<int64_t>((bits >> 1) ^ (0 - (bits & 1)));
  return true;
}

Result<std::string_view> ProtoSource::Read(std::string_view payload, const MessageContext& context,
                                           TypeKey& key, std::string& scratch) const {
  DELTAIC_ASSIGN_OR_RETURN(const std::string_view body,
                           ReadFrame(style, payload, context, key.schema, scratch));
  if (!has_indexes) return body;
  ProtoReader in(body);
  int64_t count = 0;
  if (!ZigZag(in, count) || count < 0 || count > kMostIndexes) {
    return Status::Corruption("damaged message indexes before the Protobuf message");
  }
  key.path.assign(static_cast<size_t>(count == 0 ? 1 : count), 0);
  for (int64_t i = 0; i < count; ++i) {
    if (!ZigZag(in, key.path[static_cast<size_t>(i)])) {
      return Status::Corruption("damaged message indexes before the Protobuf message");
    }
  }
  return body.substr(static_cast<size_t>(in.at() - body.data()));
}

Result<MessageType> ProtoSource::Load(const TypeKey& key) const {
  DELTAIC_ASSIGN_OR_RETURN(const RegisteredSchemaPtr schema, schemas->Load(key.schema));
  if (!schema->type.empty() && schema->type != "PROTOBUF") {
    return Status::SchemaMismatch(key.schema.ToString(), " is not Protobuf but ", schema->type);
  }
  const auto load = [&]() -> Result<MessageType> {
    MessageType out;
    DELTAIC_ASSIGN_OR_RETURN(out.schema, ProtoSchema::Make(schema->text, schema->references));
    const bool by_name = key.path.empty() || !message_type.empty();
    DELTAIC_ASSIGN_OR_RETURN(
        out.message, by_name ? out.schema->Find(message_type) : out.schema->FindByPath(key.path));
    return out;
  };
  Result<MessageType> loaded = load();
  if (!loaded.ok()) return loaded.status().WithContext(key.schema.ToString());
  return loaded;
}

}  // namespace

Result<std::shared_ptr<const Format>> ProtobufFormat(FrameStyle style, bool has_indexes,
                                                     std::shared_ptr<SchemaStore> schemas,
                                                     std::string message_type) {
  if (style == FrameStyle::kGlue || style == FrameStyle::kSingleObject) {
    return Status::Unsupported("Protobuf behind a frame of AWS Glue is not read by this build");
  }
  ProtoSource source{style, has_indexes && style == FrameStyle::kConfluent, std::move(schemas),
                     std::move(message_type)};
  return std::shared_ptr<const Format>(
      std::make_shared<SchemaFormat<ProtoSource>>(std::move(source)));
}

}  // namespace deltaic::ingest
