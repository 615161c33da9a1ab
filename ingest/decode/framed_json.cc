#include "ingest/decode/framed_json.h"

#include <utility>

namespace deltaic::ingest {
namespace {

Result<std::string_view> Unframed(FrameStyle style, std::string_view payload,
                                  const MessageContext& context, std::string& scratch) {
  if (payload.starts_with('{')) return payload;
  SchemaKey key;
  return ReadFrame(style, payload, context, key, scratch);
}

class FramedDecoder : public Decoder {
 public:
  FramedDecoder(FrameStyle style, std::unique_ptr<Decoder> json)
      : style_(style), json_(std::move(json)) {}
  Status Decode(std::string_view payload, const MessageContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(payload, Unframed(style_, payload, context, scratch_));
    return json_->Decode(payload, context);
  }
  Status ToJson(std::string_view payload, const MessageContext& context,
                std::string& out) override {
    DELTAIC_ASSIGN_OR_RETURN(payload, Unframed(style_, payload, context, scratch_));
    out = payload;
    return Status();
  }

 private:
  const FrameStyle style_;
  const std::unique_ptr<Decoder> json_;
  std::string scratch_;
};

class Framed : public Format {
 public:
  explicit Framed(FrameStyle style) : style_(style) {}
  std::unique_ptr<Decoder> MakeDecoder(RowBuffer* rows, Evolution evolution) const override {
    return std::make_unique<FramedDecoder>(style_, JsonFormat()->MakeDecoder(rows, evolution));
  }
  Result<SchemaPtr> InferSchema(const std::vector<SampledMessage>& messages) const override {
    std::vector<std::string> bodies;
    std::string scratch;
    for (const SampledMessage& message : messages) {
      const auto body = Unframed(style_, message.payload, message.context, scratch);
      if (body.ok()) bodies.emplace_back(*body);
    }
    std::vector<SampledMessage> plain;
    for (const std::string& body : bodies) plain.push_back({body, {}});
    return JsonFormat()->InferSchema(plain);
  }

 private:
  const FrameStyle style_;
};

}  // namespace

std::shared_ptr<const Format> FramedJsonFormat(FrameStyle style) {
  return std::make_shared<const Framed>(style);
}

}  // namespace deltaic::ingest
