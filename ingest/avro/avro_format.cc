#include "ingest/avro/avro_format.h"

#include <map>
#include <set>
#include <utility>

#include "ingest/avro/avro_program.h"
#include "ingest/decode/json_schema.h"

namespace deltaic::ingest {
namespace {

Result<AvroTypePtr> LoadType(SchemaStore& schemas, const SchemaKey& key) {
  DELTAIC_ASSIGN_OR_RETURN(const RegisteredSchemaPtr schema, schemas.Load(key));
  if (!schema->type.empty() && schema->type != "AVRO") {
    return Status::SchemaMismatch(key.ToString(), " is not Avro but ", schema->type);
  }
  std::vector<std::string> named;
  for (const auto& [name, text] : schema->references) named.push_back(text);
  Result<AvroTypePtr> type = ParseAvroSchema(schema->text, named);
  if (!type.ok()) return type.status().WithContext(key.ToString());
  return type;
}

class AvroDecoder : public Decoder {
 public:
  AvroDecoder(FrameStyle style, std::shared_ptr<SchemaStore> schemas, AvroTypePtr reader,
              RowBuffer* rows, Evolution evolution)
      : style_(style),
        schemas_(std::move(schemas)),
        reader_(std::move(reader)),
        rows_(rows),
        evolution_(evolution) {}

  Status Decode(std::string_view payload, const MessageContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view body,
                             ReadFrame(style_, payload, context, key_, scratch_));
    if (last_ == nullptr || key_ != last_key_) DELTAIC_RETURN_IF_ERROR(Choose());
    return last_->Run(body);
  }

  Status ToJson(std::string_view payload, const MessageContext& context,
                std::string& out) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view body,
                             ReadFrame(style_, payload, context, key_, scratch_));
    auto found = types_.find(key_);
    if (found == types_.end()) {
      DELTAIC_ASSIGN_OR_RETURN(AvroTypePtr type, LoadType(*schemas_, key_));
      found = types_.emplace(key_, std::move(type)).first;
    }
    out.clear();
    AvroReader in(body);
    if (AppendAvroJson(*found->second, in, out) && in.left() == 0) return Status();
    return Status::Corruption("damaged Avro at byte ", body.size() - in.left());
  }

 private:
  /// The program of key_.
  Status Choose() {
    auto found = programs_.find(key_);
    if (found == programs_.end()) {
      DELTAIC_ASSIGN_OR_RETURN(const AvroTypePtr type, LoadType(*schemas_, key_));
      DELTAIC_ASSIGN_OR_RETURN(auto program,
                               AvroProgram::Compile(type, reader_, rows_, evolution_));
      found = programs_.emplace(key_, std::move(program)).first;
    }
    last_ = found->second.get();
    last_key_ = key_;
    return Status();
  }

  const FrameStyle style_;
  const std::shared_ptr<SchemaStore> schemas_;
  const AvroTypePtr reader_;
  RowBuffer* const rows_;
  const Evolution evolution_;
  SchemaKey key_, last_key_;
  AvroProgram* last_ = nullptr;
  std::map<SchemaKey, std::unique_ptr<AvroProgram>> programs_;
  std::map<SchemaKey, AvroTypePtr> types_;
  std::string scratch_;
};

class AvroFormatImpl : public Format {
 public:
  AvroFormatImpl(FrameStyle style, std::shared_ptr<SchemaStore> schemas, AvroTypePtr reader)
      : style_(style), schemas_(std::move(schemas)), reader_(std::move(reader)) {}

  std::unique_ptr<Decoder> MakeDecoder(RowBuffer* rows, Evolution evolution) const override {
    return std::make_unique<AvroDecoder>(style_, schemas_, reader_, rows, evolution);
  }

  Result<SchemaPtr> InferSchema(const std::vector<SampledMessage>& messages) const override {
    if (reader_ != nullptr) return DeltaTypeOf(*reader_);
    std::set<SchemaKey> seen;
    DataTypePtr merged;
    Status last = Status::SchemaMismatch("there is no message");
    std::string scratch;
    for (const SampledMessage& message : messages) {
      SchemaKey key;
      const auto body = ReadFrame(style_, message.payload, message.context, key, scratch);
      if (!body.ok()) last = body.status();
      if (!body.ok() || !seen.insert(key).second) continue;
      const Result<AvroTypePtr> type = LoadType(*schemas_, key);
      const StatusCode code = type.status().code();
      if (code == StatusCode::kUnavailable || code == StatusCode::kPermissionDenied) {
        return type.status();
      }
      const Result<DataTypePtr> columns =
          !type.ok() ? Result<DataTypePtr>(type.status())
          : (*type)->kind != AvroKind::kRecord
              ? Result<DataTypePtr>(Status::SchemaMismatch("messages are no Avro records"))
              : DeltaTypeOf(**type);
      if (columns.ok()) {
        merged = MergeJsonTypes(merged, *columns);
      } else {
        last = columns.status();
      }
    }
    if (merged != nullptr) return merged;
    return last.WithContext("the columns of a new table cannot be told");
  }

 private:
  const FrameStyle style_;
  const std::shared_ptr<SchemaStore> schemas_;
  const AvroTypePtr reader_;
};

}  // namespace

Result<std::shared_ptr<const Format>> AvroFormat(FrameStyle style,
                                                 std::shared_ptr<SchemaStore> schemas,
                                                 const std::string& reader_schema) {
  AvroTypePtr reader;
  if (!reader_schema.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(reader, ParseAvroSchema(reader_schema));
    if (reader->kind != AvroKind::kRecord) {
      return Status::SchemaMismatch("the reader's schema is no record");
    }
  }
  return std::shared_ptr<const Format>(
      std::make_shared<AvroFormatImpl>(style, std::move(schemas), std::move(reader)));
}

}  // namespace deltaic::ingest
