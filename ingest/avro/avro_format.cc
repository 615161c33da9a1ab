#include "ingest/avro/avro_format.h"

#include <utility>

#include "ingest/avro/avro_program.h"
#include "ingest/avro/avro_values.h"
#include "ingest/decode/schema_format.h"

namespace deltaic::ingest {
namespace {

/// See schema_format.h.
struct AvroSource {
  using Key = SchemaKey;
  using Type = AvroTypePtr;
  using Program = AvroProgram;

  FrameStyle style;
  std::shared_ptr<SchemaStore> schemas;
  AvroTypePtr reader;  ///< a record, or nullptr

  Result<std::string_view> Read(std::string_view payload, const MessageContext& context,
                                SchemaKey& key, std::string& scratch) const {
    return ReadFrame(style, payload, context, key, scratch);
  }
  Result<AvroTypePtr> Load(const SchemaKey& key) const;
  Result<std::unique_ptr<AvroProgram>> Compile(const AvroTypePtr& type, RowBuffer* rows,
                                               Evolution evolution) const {
    return AvroProgram::Compile(type, reader, rows, evolution);
  }
  Status AppendJson(const AvroTypePtr& type, std::string_view body, std::string& out) const {
    AvroReader in(body);
    if (AppendAvroJson(*type, in, out) && in.left() == 0) return Status();
    return Status::Corruption("damaged Avro at byte ", body.size() - in.left());
  }
  Result<DataTypePtr> Columns(const AvroTypePtr& type) const {
    if (type->kind != AvroKind::kRecord)
      return Status::SchemaMismatch("messages are no Avro records");
    return DeltaTypeOf(*type);
  }
};

Result<AvroTypePtr> AvroSource::Load(const SchemaKey& key) const {
  DELTAIC_ASSIGN_OR_RETURN(const RegisteredSchemaPtr schema, schemas->Load(key));
  if (!schema->type.empty() && schema->type != "AVRO") {
    return Status::SchemaMismatch(key.ToString(), " is not Avro but ", schema->type);
  }
  std::vector<std::string> named;
  for (const auto& [name, text] : schema->references) named.push_back(text);
  Result<AvroTypePtr> type = ParseAvroSchema(schema->text, named);
  if (!type.ok()) return type.status().WithContext(key.ToString());
  return type;
}

/// Where the reader has a schema of its own, it has the columns.
class AvroSchemaFormat : public SchemaFormat<AvroSource> {
 public:
  using SchemaFormat::SchemaFormat;
  Result<SchemaPtr> InferSchema(const std::vector<SampledMessage>& messages) const override {
    if (source_.reader != nullptr) return DeltaTypeOf(*source_.reader);
    return SchemaFormat::InferSchema(messages);
  }
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
      std::make_shared<AvroSchemaFormat>(AvroSource{style, std::move(schemas), std::move(reader)}));
}

}  // namespace deltaic::ingest
