#pragma once

#include <string>
#include <string_view>

#include "ingest/dead_letter/dead_letters.h"

namespace deltaic::ingest {

/// A dead letter as a JSON object. `json_string` has the payload where it is text, else
/// `base64_bytes`; `key` and values of `headers` are base64.
std::string DeadLetterJson(const KafkaApi& api, const DeadLetter& letter, std::string_view topic,
                           int64_t now_micros);

}  // namespace deltaic::ingest
