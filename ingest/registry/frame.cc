#include "ingest/registry/frame.h"

#include "ingest/avro/avro_values.h"
#include "ingest/decode/gzip.h"

namespace deltaic::ingest {
namespace {

constexpr std::string_view kHeader = "__value_schema_id";
constexpr size_t kGuidBytes = 16;
constexpr int64_t kMostInflatedBytes = 64 << 20;

int64_t BigEndian(std::string_view bytes) {
  uint64_t out = 0;
  for (const char byte : bytes) out = out << 8 | static_cast<unsigned char>(byte);
  return static_cast<int64_t>(out);
}

Status NoFrame(std::string_view expected, std::string_view payload) {
  if (payload.empty()) return Status::Corruption("no schema id: an empty message");
  return Status::Corruption("no schema id: expected ", expected, " at the start, got byte ",
                            static_cast<int>(static_cast<unsigned char>(payload[0])), " of ",
                            payload.size(), " bytes");
}

void SetNumber(SchemaKey& key, int64_t number) {
  key.number = number;
  if (!key.guid.empty()) key.guid.clear();
}

void SetGuid(SchemaKey& key, std::string_view guid) {
  key.number = -1;
  if (key.guid != guid) key.guid = guid;
}

Result<std::string_view> Numbered(std::string_view payload, size_t size, SchemaKey& key) {
  if (payload.size() < 1 + size || payload[0] != 0) {
    return NoFrame(size == 4 ? "0 and 4 bytes" : "0 and 8 bytes", payload);
  }
  const int64_t number = BigEndian(payload.substr(1, size));
  if (number < 0 || (size == 4 && number > INT32_MAX)) {
    return Status::Corruption("schema id ", number, " is out of range");
  }
  SetNumber(key, number);
  return payload.substr(1 + size);
}

Result<std::string_view> Confluent(std::string_view payload, const MessageContext& context,
                                   SchemaKey& key) {
  const auto header = context.Header(kHeader);
  if (!header) return Numbered(payload, 4, key);
  if (header->size() == 1 + kGuidBytes && header->front() == 1) {
    SetGuid(key, header->substr(1));
    return payload;
  }
  if (header->size() == 5 && header->front() == 0) {
    SetNumber(key, BigEndian(header->substr(1)));
    return payload;
  }
  return Status::Corruption("the header ", kHeader, " holds no schema id");
}

Result<std::string_view> Glue(std::string_view payload, SchemaKey& key, std::string& scratch) {
  if (payload.size() < 2 + kGuidBytes || payload[0] != 3) {
    return NoFrame("3 and 17 bytes", payload);
  }
  const char compression = payload[1];
  SetGuid(key, payload.substr(2, kGuidBytes));
  payload.remove_prefix(2 + kGuidBytes);
  if (compression == 0) return payload;
  if (compression != 5) {
    return Status::Corruption("unknown compression ", static_cast<int>(compression),
                              " in the frame of Glue");
  }
  DELTAIC_RETURN_IF_ERROR(DecompressZlib(payload, kMostInflatedBytes, scratch));
  const size_t size = scratch.size();
  scratch.append(Decoder::kPadding, '\0');
  return std::string_view(scratch).substr(0, size);
}

Result<std::string_view> SingleObject(std::string_view payload, SchemaKey& key) {
  if (payload.size() < 10 || !payload.starts_with("\xC3\x01")) {
    return NoFrame("0xC3 0x01 and 8 bytes", payload);
  }
  // Any 64 bits, so not a number of a schema, which is never negative.
  SetGuid(key, payload.substr(2, 8));
  return payload.substr(10);
}

}  // namespace

std::string SchemaKey::ToString() const {
  if (number >= 0) return Concat("schema ", number);
  if (guid.size() == kGuidBytes) return Concat("schema ", FormatUuid(guid));
  if (guid.empty()) return "the schema";
  std::string out = "the schema of fingerprint ";
  for (auto byte = guid.rbegin(); byte != guid.rend(); ++byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(*byte) >> 4];
    out += kDigits[static_cast<unsigned char>(*byte) & 15];
  }
  return out;
}

Result<std::string_view> ReadFrame(FrameStyle style, std::string_view payload,
                                   const MessageContext& context, SchemaKey& key,
                                   std::string& scratch) {
  switch (style) {
    case FrameStyle::kConfluent:
      return Confluent(payload, context, key);
    case FrameStyle::kApicurioLong:
      return Numbered(payload, 8, key);
    case FrameStyle::kGlue:
      return Glue(payload, key, scratch);
    case FrameStyle::kSingleObject:
      return SingleObject(payload, key);
    case FrameStyle::kNone:
      break;
  }
  return payload;
}

}  // namespace deltaic::ingest
