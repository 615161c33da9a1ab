#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "net/http_message.h"

namespace deltaic {

/// `Content-Range` of an answer: "bytes 0-9/100".
struct ContentRange {
  int64_t first = 0;  ///< offset of the first byte
  int64_t last = 0;   ///< of the last, >= first
  int64_t total = 0;  ///< bytes of the whole object, > last; -1 where the server does not say
};

/// \retval kCorruption  anything else.
Result<ContentRange> ParseContentRange(std::string_view text);

/// Ok where `response` to a request for [offset, offset + size_bytes) holds these bytes and no
/// others: 206, the range, the length. \return the size of the whole object.
/// \param where  of the object, for messages.
/// \retval kIo  it holds others.
Result<int64_t> CheckRangeAnswer(const HttpResponse& response, int64_t offset, int64_t size_bytes,
                                 std::string_view where);

/// The same, and puts the bytes into `out`, where they are not there already as the request's
/// place.
Result<int64_t> TakeRangeAnswer(const HttpResponse& response, int64_t offset, std::span<char> out,
                                std::string_view where);

/// A number of a header such as Content-Length, >= 0. \retval kCorruption
Result<int64_t> ParseSize(std::string_view text);

}  // namespace deltaic
