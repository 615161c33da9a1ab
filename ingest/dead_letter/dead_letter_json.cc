#include "ingest/dead_letter/dead_letter_json.h"

#include <simdjson.h>

#include "ingest/decode/base64.h"
#include "protocol/json.h"

namespace deltaic::ingest {

std::string DeadLetterJson(const KafkaApi& api, const DeadLetter& letter, std::string_view topic,
                           int64_t now_micros) {
  const Message& message = *letter.message;
  JsonWriter json;
  json.BeginObject();
  json.Key("base64_bytes");
  if (simdjson::validate_utf8(message.payload)) {
    json.Null().Key("json_string").String(message.payload);
  } else {
    json.String(EncodeBase64(message.payload)).Key("json_string").Null();
  }
  json.Key("error").String(letter.error->message());
  json.Key("timestamp").Int(now_micros);
  json.Key("topic").String(topic);
  json.Key("partition").Int(message.partition);
  json.Key("offset").Int(message.offset);
  json.Key("key");
  if (message.has_key) {
    json.String(EncodeBase64(message.key));
  } else {
    json.Null();
  }
  json.Key("headers").BeginObject();
  rd_kafka_headers_t* headers = nullptr;
  if (message.raw != nullptr &&
      api.message_headers(message.raw, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0;
         api.header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
      json.Key(name);
      if (value == nullptr) {
        json.Null();
      } else {
        json.String(EncodeBase64({static_cast<const char*>(value), size}));
      }
    }
  }
  json.EndObject();
  json.Key("schema_id").Null();
  json.Key("stage").String(letter.stage);
  return json.EndObject().Take();
}

}  // namespace deltaic::ingest
