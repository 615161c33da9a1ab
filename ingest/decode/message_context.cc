#include "ingest/decode/decoder.h"
#include "ingest/source/kafka_source.h"

namespace deltaic::ingest {

std::optional<std::string_view> MessageContext::Header(std::string_view name) const {
  rd_kafka_headers_t* headers = nullptr;
  if (api == nullptr || message == nullptr || message->raw == nullptr ||
      api->message_headers(message->raw, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  std::optional<std::string_view> out;
  const char* key = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       api->header_get_all(headers, i, &key, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    if (key == name && value != nullptr) out = {static_cast<const char*>(value), size};
  }
  return out;
}

}  // namespace deltaic::ingest
