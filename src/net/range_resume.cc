#include "net/range_resume.h"

#include <charconv>
#include <utility>

#include "base/status.h"

namespace deltaic {
namespace {

constexpr std::string_view kUnit = "bytes=";

std::optional<int64_t> ParseOffset(std::string_view text) {
  int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

/// "bytes 10-": what the Content-Range of an answer from there on begins with.
std::string ContentRangeFrom(int64_t begin) { return Concat("bytes ", begin, '-'); }

}  // namespace

RangeResume::RangeResume(const HttpRequest& request) {
  std::string_view range = request.headers.Get("range");
  if (request.method != "GET" || !range.starts_with(kUnit)) return;
  range.remove_prefix(kUnit.size());
  const size_t dash = range.find('-');
  if (dash == std::string_view::npos) return;
  begin_ = ParseOffset(range.substr(0, dash));
  end_ = ParseOffset(range.substr(dash + 1));
}

void RangeResume::Apply(HttpRequest& attempt) const {
  if (kept_.empty()) return;
  const auto kept = static_cast<int64_t>(kept_.size());
  attempt.headers.Set("Range", Concat(kUnit, *begin_ + kept, '-', *end_));
  if (!attempt.headers.Find("if-match")) attempt.headers.Set("If-Match", etag_);
}

bool RangeResume::Keep(HttpResponse broken) {
  if (!begin_ || !end_ || broken.status != 206 || broken.body.empty()) return false;
  const auto kept = static_cast<int64_t>(kept_.size());
  const std::string_view etag = broken.headers.Get("etag");
  // Without a tag the rest might be another object's; a weak one promises no same bytes.
  const bool is_tagged = !etag.empty() && !etag.starts_with("W/");
  const bool is_rest =
      broken.headers.Get("content-range").starts_with(ContentRangeFrom(*begin_ + kept)) &&
      static_cast<int64_t>(broken.body.size()) <= *end_ - *begin_ - kept;
  if (!is_tagged || !is_rest || (!kept_.empty() && etag != etag_)) {
    kept_.clear();
    return false;
  }
  etag_ = etag;
  kept_ += broken.body;
  return true;
}

HttpResponse RangeResume::Join(HttpResponse answer) const {
  if (kept_.empty() || answer.status != 206) return answer;
  const std::string_view range = answer.headers.Get("content-range");
  const std::string from = ContentRangeFrom(*begin_ + static_cast<int64_t>(kept_.size()));
  if (!range.starts_with(from)) return answer;  // refused by whoever asked
  answer.headers.Set("Content-Range", Concat(ContentRangeFrom(*begin_), range.substr(from.size())));
  answer.body.insert(0, kept_);
  return answer;
}

}  // namespace deltaic
