#include "ingest/protobuf/proto_format.h"

#include <map>
#include <set>
#include <utility>

#include "ingest/decode/json_schema.h"
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

struct Source {
  FrameStyle style;
  bool has_indexes;
  std::shared_ptr<SchemaStore> schemas;
  std::string message_type;

  Result<std::string_view> Read(std::string_view payload, const MessageContext& context,
                                TypeKey& key, std::string& scratch) const;
  Result<MessageType> Load(const TypeKey& key) const;
};

bool ZigZag(ProtoReader& in, int64_t& out) {
  uint64_t bits = 0;
  if (!in.Varint(bits)) return false;
  out = static_cast<int64_t>((bits >> 1) ^ (0 - (bits & 1)));
  return true;
}

Result<std::string_view> Source::Read(std::string_view payload, const MessageContext& context,
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

Result<MessageType> Source::Load(const TypeKey& key) const {
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

class ProtoDecoder : public Decoder {
 public:
  ProtoDecoder(Source source, RowBuffer* rows, Evolution evolution)
      : source_(std::move(source)), rows_(rows), evolution_(evolution) {}

  Status Decode(std::string_view payload, const MessageContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view body,
                             source_.Read(payload, context, key_, scratch_));
    if (last_ == nullptr || !(key_ == last_key_)) DELTAIC_RETURN_IF_ERROR(Choose());
    return last_->Run(body);
  }

  Status ToJson(std::string_view payload, const MessageContext& context,
                std::string& out) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view body,
                             source_.Read(payload, context, key_, scratch_));
    auto found = types_.find(key_);
    if (found == types_.end()) {
      DELTAIC_ASSIGN_OR_RETURN(MessageType type, source_.Load(key_));
      found = types_.emplace(key_, std::move(type)).first;
    }
    out.clear();
    if (AppendProtoJson(*found->second.message, body, out)) return Status();
    return Status::Corruption("damaged Protobuf");
  }

 private:
  Status Choose() {
    auto found = programs_.find(key_);
    if (found == programs_.end()) {
      DELTAIC_ASSIGN_OR_RETURN(const MessageType type, source_.Load(key_));
      DELTAIC_ASSIGN_OR_RETURN(
          auto program, ProtoProgram::Compile(type.schema, *type.message, rows_, evolution_));
      found = programs_.emplace(key_, std::move(program)).first;
    }
    last_ = found->second.get();
    last_key_ = key_;
    return Status();
  }

  const Source source_;
  RowBuffer* const rows_;
  const Evolution evolution_;
  TypeKey key_, last_key_;
  ProtoProgram* last_ = nullptr;
  std::map<TypeKey, std::unique_ptr<ProtoProgram>> programs_;
  std::map<TypeKey, MessageType> types_;
  std::string scratch_;
};

class ProtoFormatImpl : public Format {
 public:
  explicit ProtoFormatImpl(Source source) : source_(std::move(source)) {}

  std::unique_ptr<Decoder> MakeDecoder(RowBuffer* rows, Evolution evolution) const override {
    return std::make_unique<ProtoDecoder>(source_, rows, evolution);
  }

  Result<SchemaPtr> InferSchema(const std::vector<SampledMessage>& messages) const override {
    std::set<TypeKey> seen;
    DataTypePtr merged;
    Status last = Status::SchemaMismatch("there is no message");
    std::string scratch;
    for (const SampledMessage& message : messages) {
      TypeKey key;
      const auto body = source_.Read(message.payload, message.context, key, scratch);
      if (!body.ok()) last = body.status();
      if (!body.ok() || !seen.insert(key).second) continue;
      const Result<MessageType> type = source_.Load(key);
      const StatusCode code = type.status().code();
      if (code == StatusCode::kUnavailable || code == StatusCode::kPermissionDenied) {
        return type.status();
      }
      const Result<DataTypePtr> columns =
          type.ok() ? DeltaTypeOf(*type->message) : Result<DataTypePtr>(type.status());
      if (columns.ok() && (*columns)->id() == TypeId::kStruct) {
        merged = MergeJsonTypes(merged, *columns);
      } else if (!columns.ok()) {
        last = columns.status();
      }
    }
    if (merged != nullptr) return merged;
    return last.WithContext("the columns of a new table cannot be told");
  }

 private:
  const Source source_;
};

}  // namespace

Result<std::shared_ptr<const Format>> ProtobufFormat(FrameStyle style, bool has_indexes,
                                                     std::shared_ptr<SchemaStore> schemas,
                                                     std::string message_type) {
  if (style == FrameStyle::kGlue || style == FrameStyle::kSingleObject) {
    return Status::Unsupported("Protobuf behind a frame of AWS Glue is not read by this build");
  }
  Source source{style, has_indexes && style == FrameStyle::kConfluent, std::move(schemas),
                std::move(message_type)};
  return std::shared_ptr<const Format>(std::make_shared<ProtoFormatImpl>(std::move(source)));
}

}  // namespace deltaic::ingest
