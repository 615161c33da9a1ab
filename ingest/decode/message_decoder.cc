#include "ingest/decode/message_decoder.h"

#include <deque>
#include <utility>

#include "ingest/decode/cells.h"
#include "ingest/decode/gzip.h"
#include "ingest/decode/json_schema.h"

namespace deltaic::ingest {
namespace {

/// A message that is longer than this once it is inflated is a bad one.
constexpr int64_t kMostInflatedBytes = 64 << 20;

bool HasTransforms(const MessageDecoding& how) {
  return how.transforms != nullptr && !how.transforms->empty();
}

std::string_view Padded(std::string& whole) {
  const size_t length = whole.size();
  whole.append(Decoder::kPadding, '\0');
  return std::string_view(whole).substr(0, length);
}

}  // namespace

MessageDecoder::MessageDecoder(MessageDecoding how, RowBuffer* rows)
    : how_(std::move(how)), rows_(rows), decoder_(how_.format->MakeDecoder(rows, how_.evolution)) {
  if (how_.changes.mode != ChangeMode::kAppend) {
    changes_ = std::make_unique<ChangeDecoder>(how_.changes, *how_.format, *how_.keys,
                                               how_.transforms, rows, how_.evolution);
    return;
  }
  if (!HasTransforms(how_)) return;
  TakeMetadataRules(*rows);
  if (metadata_.empty()) transformed_ = JsonFormat()->MakeDecoder(rows, how_.evolution);
}

/// Where all transforms set columns that are there, they are set beside the message's own.
void MessageDecoder::TakeMetadataRules(const RowBuffer& rows) {
  const auto rules = how_.transforms->MetadataRules();
  if (!rules) return;
  for (const Transforms::MetadataRule& rule : *rules) {
    const int column = FindField(rows.fields(), rule.column);
    if (column < 0 && how_.evolution != Evolution::kIgnore) {
      metadata_.clear();
      return;
    }
    metadata_.push_back({column, rule});
  }
}

Status MessageDecoder::SetMetadata(const MessageContext& context) {
  const int64_t row = rows_->num_rows();
  for (const MetadataColumn& set : metadata_) {
    if (set.column < 0) continue;
    // Null sets nothing.
    if (!HasMetadata(set.rule.what, set.rule.header, context)) continue;
    Column& column = rows_->column(static_cast<size_t>(set.column));
    if (column.length() > row) {
      column.Truncate(row);
      column.TruncateElements();
    }
    const Status status = PutMetadata(set.rule.what, set.rule.header, context, column);
    if (!status.ok()) {
      rows_->DropRow();
      return status.WithContext(Concat("transform ", set.rule.column));
    }
  }
  return Status();
}

Result<bool> MessageDecoder::Decode(std::string_view payload, const MessageContext& context,
                                    std::string_view& stage) {
  if (how_.decompress_gzip && IsGzip(payload)) {
    stage = "decompress";
    DELTAIC_RETURN_IF_ERROR(DecompressGzip(payload, kMostInflatedBytes, inflated_));
    payload = Padded(inflated_);
  }
  if (changes_ != nullptr) return changes_->Decode(payload, context, stage);
  stage = "decode";
  if (transformed_ == nullptr) {
    DELTAIC_RETURN_IF_ERROR(decoder_->Decode(payload, context));
    if (!metadata_.empty()) {
      stage = "transform";
      DELTAIC_RETURN_IF_ERROR(SetMetadata(context));
    }
    return true;
  }
  if (!how_.format->is_json()) {
    DELTAIC_RETURN_IF_ERROR(decoder_->ToJson(payload, context, json_));
    payload = json_;
  }
  stage = "transform";
  DELTAIC_ASSIGN_OR_RETURN(const bool stays, how_.transforms->Apply(payload, context, changed_));
  if (!stays) return false;
  stage = "decode";
  DELTAIC_RETURN_IF_ERROR(transformed_->Decode(Padded(changed_), context));
  return true;
}

namespace {

/// The columns of the rows that changes are of.
Result<SchemaPtr> InferChanged(const MessageDecoding& how,
                               const std::vector<SampledMessage>& messages) {
  RowBuffer none;
  const auto decoder = how.format->MakeDecoder(&none, how.evolution);
  EnvelopeReader reader;
  std::deque<std::string> made;
  std::vector<std::string_view> texts;
  for (const SampledMessage& message : messages) {
    std::string& json = made.emplace_back();
    const Status status = decoder->ToJson(message.payload, message.context, json);
    if (status.code() == StatusCode::kUnavailable) return status;
    if (!status.ok()) continue;
    std::string_view row = Padded(json);
    if (how.changes.mode != ChangeMode::kUpsert) {
      const Result<Envelope> envelope = reader.Read(row);
      if (!envelope.ok()) continue;
      row = envelope->after.empty() ? envelope->before : envelope->after;
    }
    if (!row.empty() && HasTransforms(how)) {
      const Result<bool> stays = how.transforms->Apply(row, message.context, made.emplace_back());
      if (!stays.ok() || !*stays) continue;
      row = made.back();
    }
    if (!row.empty()) texts.push_back(row);
  }
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, InferJsonSchema(texts));
  if (how.changes.mode != ChangeMode::kChangelog) return schema;
  std::vector<StructField> fields = schema->fields();
  if (FindField(fields, kOpColumn) < 0) {
    fields.push_back({.name = std::string(kOpColumn), .type = MetadataType(Metadata::kTopic)});
  }
  return DataType::Struct(std::move(fields));
}

}  // namespace

Result<SchemaPtr> InferSchema(const MessageDecoding& how,
                              const std::vector<SampledMessage>& messages) {
  std::deque<std::string> made;  // payloads that are not as they came
  std::vector<SampledMessage> plain;
  for (const SampledMessage& message : messages) {
    std::string_view payload = message.payload;
    if (payload.empty()) continue;
    if (how.decompress_gzip && IsGzip(payload)) {
      if (!DecompressGzip(payload, kMostInflatedBytes, made.emplace_back()).ok()) continue;
      payload = Padded(made.back());
    }
    plain.push_back({payload, message.context});
  }
  if (how.changes.mode != ChangeMode::kAppend) return InferChanged(how, plain);
  if (!HasTransforms(how)) return how.format->InferSchema(plain);
  if (const auto rules = how.transforms->MetadataRules()) {
    DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, how.format->InferSchema(plain));
    std::vector<StructField> fields = schema->fields();
    for (const Transforms::MetadataRule& rule : *rules) {
      const int same = FindField(fields, rule.column);
      if (same < 0) fields.push_back({.name = rule.column, .type = MetadataType(rule.what)});
      if (same >= 0) fields[static_cast<size_t>(same)].type = MetadataType(rule.what);
    }
    return DataType::Struct(std::move(fields));
  }
  RowBuffer none;
  const auto decoder = how.format->MakeDecoder(&none, how.evolution);
  std::vector<std::string_view> texts;
  for (const SampledMessage& message : plain) {
    std::string_view payload = message.payload;
    if (!how.format->is_json()) {
      const Status status = decoder->ToJson(payload, message.context, made.emplace_back());
      if (status.code() == StatusCode::kUnavailable) return status;
      if (!status.ok()) continue;
      payload = made.back();
    }
    const Result<bool> stays = how.transforms->Apply(payload, message.context, made.emplace_back());
    if (stays.ok() && *stays) texts.push_back(made.back());
  }
  return InferJsonSchema(texts);
}

}  // namespace deltaic::ingest
