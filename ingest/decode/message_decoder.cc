#include "ingest/decode/message_decoder.h"

#include <deque>
#include <utility>

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
    : how_(std::move(how)), decoder_(how_.format->MakeDecoder(rows, how_.evolution)) {
  if (HasTransforms(how_)) transformed_ = JsonFormat()->MakeDecoder(rows, how_.evolution);
}

Result<bool> MessageDecoder::Decode(std::string_view payload, const MessageContext& context,
                                    std::string_view& stage) {
  if (how_.decompress_gzip && IsGzip(payload)) {
    stage = "decompress";
    DELTAIC_RETURN_IF_ERROR(DecompressGzip(payload, kMostInflatedBytes, inflated_));
    payload = Padded(inflated_);
  }
  stage = "decode";
  if (transformed_ == nullptr) {
    DELTAIC_RETURN_IF_ERROR(decoder_->Decode(payload, context));
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
  if (!HasTransforms(how)) return how.format->InferSchema(plain);
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
