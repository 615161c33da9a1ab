#include "storage/remote/content_range.h"

#include <charconv>
#include <cstring>

#include "base/ascii.h"

namespace deltaic {

Result<int64_t> ParseSize(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    return Status::Corruption("the server gives a size that is none");
  return value;
}

Result<ContentRange> ParseContentRange(std::string_view text) {
  const auto wrong = [] {
    return Status::Corruption("the server gives a Content-Range that is none");
  };
  text = TrimSpace(text);
  if (!EqualsIgnoringCase(text.substr(0, 6), "bytes ")) return wrong();
  text.remove_prefix(6);
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash)
    return wrong();
  ContentRange out;
  DELTAIC_ASSIGN_OR_RETURN(out.first, ParseSize(text.substr(0, dash)));
  DELTAIC_ASSIGN_OR_RETURN(out.last, ParseSize(text.substr(dash + 1, slash - dash - 1)));
  if (const std::string_view total = text.substr(slash + 1); total == "*") {
    out.total = -1;
  } else {
    DELTAIC_ASSIGN_OR_RETURN(out.total, ParseSize(total));
    if (out.total <= out.last) return wrong();
  }
  if (out.last < out.first) return wrong();
  return out;
}

Result<int64_t> CheckRangeAnswer(const HttpResponse& response, int64_t offset, int64_t size_bytes,
                                 std::string_view where) {
  const auto got = static_cast<int64_t>(response.num_bytes());
  if (response.status != 206) {
    return Status::Io("reading ", where, ": asked for a range, the server answered ",
                      response.status, " with ", got,
                      " bytes; it (or a proxy before it) does not serve ranges");
  }
  DELTAIC_ASSIGN_OR_RETURN(const ContentRange range,
                           ParseContentRange(response.headers.Get("content-range")));
  if (range.first != offset || range.last != offset + size_bytes - 1 || got != size_bytes) {
    return Status::Io("reading ", where, ": asked for bytes ", offset, " to ",
                      offset + size_bytes - 1, ", the server answered with ", range.first, " to ",
                      range.last, " in ", got, " bytes; it (or a proxy before it) is broken");
  }
  return range.total;
}

Result<int64_t> TakeRangeAnswer(const HttpResponse& response, int64_t offset, std::span<char> out,
                                std::string_view where) {
  const auto size = static_cast<int64_t>(out.size());
  DELTAIC_ASSIGN_OR_RETURN(const int64_t total, CheckRangeAnswer(response, offset, size, where));
  if (!response.body.empty()) std::memcpy(out.data(), response.body.data(), response.body.size());
  return total;
}

}  // namespace deltaic
