#include "ingest/decode/raw_format.h"

#include <utility>

#include "ingest/decode/base64.h"
#include "ingest/decode/cells.h"
#include "ingest/decode/metadata_column.h"
#include "protocol/json.h"

namespace deltaic::ingest {
namespace {

constexpr std::string_view kValue = "value";

class RawDecoder : public Decoder {
 public:
  RawDecoder(bool is_text, RowBuffer* rows) : is_text_(is_text), rows_(rows) {
    for (size_t i = 0; i < rows->num_columns(); ++i) {
      const std::string& name = rows->fields()[i].name;
      if (name == kValue) value_ = &rows->column(i);
      const auto what = MetadataOf(name);
      if (what && *what != Metadata::kHeader) others_.emplace_back(*what, &rows->column(i));
    }
  }

  Status Decode(std::string_view payload, const MessageContext& context) override {
    const Status status = Fill(payload, context);
    if (!status.ok()) rows_->DropRow();
    return status;
  }

  Status ToJson(std::string_view payload, const MessageContext&, std::string& out) override {
    if (is_text_ && !IsUtf8(payload)) return Status::Corruption("not UTF-8");
    JsonWriter json;
    json.BeginObject().Key(kValue).String(is_text_ ? payload : EncodeBase64(payload)).EndObject();
    out = json.Take();
    return Status();
  }

 private:
  Status Fill(std::string_view payload, const MessageContext& context) {
    if (value_ == nullptr) {
      return Status::Unsupported("raw messages go to a column named value, which is not there");
    }
    if (is_text_ && !IsUtf8(payload)) return Status::Corruption("not UTF-8");
    if (!PutBytes(*value_, payload)) {
      return Status::SchemaMismatch("column value: expected ", value_->type().ToString(),
                                    ", got bytes that are none");
    }
    if (context.message == nullptr) return Status();
    for (const auto& [what, column] : others_) {
      DELTAIC_RETURN_IF_ERROR(PutMetadata(what, {}, context, *column));
    }
    return Status();
  }

  const bool is_text_;
  RowBuffer* const rows_;
  Column* value_ = nullptr;
  std::vector<std::pair<Metadata, Column*>> others_;
};

class RawFormatImpl : public Format {
 public:
  explicit RawFormatImpl(bool is_text) : is_text_(is_text) {}

  std::unique_ptr<Decoder> MakeDecoder(RowBuffer* rows, Evolution) const override {
    return std::make_unique<RawDecoder>(is_text_, rows);
  }

  Result<SchemaPtr> InferSchema(const std::vector<SampledMessage>&) const override {
    const auto bytes = DataType::Primitive(is_text_ ? TypeId::kString : TypeId::kBinary);
    const auto text = DataType::Primitive(TypeId::kString);
    return DataType::Struct({{.name = "key", .type = bytes},
                             {.name = std::string(kValue), .type = bytes},
                             {.name = "topic", .type = text},
                             {.name = "partition", .type = MetadataType(Metadata::kPartition)},
                             {.name = "offset", .type = MetadataType(Metadata::kOffset)},
                             {.name = "timestamp", .type = MetadataType(Metadata::kTimestamp)},
                             {.name = "headers", .type = DataType::Map(text, bytes, true)}});
  }

 private:
  const bool is_text_;
};

}  // namespace

std::shared_ptr<const Format> RawFormat(bool is_text) {
  return std::make_shared<const RawFormatImpl>(is_text);
}

}  // namespace deltaic::ingest
