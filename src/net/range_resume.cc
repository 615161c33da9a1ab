#include "net/range_resume.h"

#include <algorithm>
#include <charconv>
#include <cstring>
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

RangeResume::RangeResume(const HttpRequest& request) : place_(request.place) {
  std::string_view range = request.headers.Get("range");
  if (request.method != "GET" || !range.starts_with(kUnit)) return;
  range.remove_prefix(kUnit.size());
  const size_t dash = range.find('-');
  if (dash == std::string_view::npos) return;
  begin_ = ParseOffset(range.substr(0, dash));
  end_ = ParseOffset(range.substr(dash + 1));
}

void RangeResume::Apply(HttpRequest& attempt) const {
  if (kept() == 0) return;
  attempt.headers.Set("Range", Concat(kUnit, *begin_ + kept(), '-', *end_));
  // One part of a range in its place and the other not would be put together by nobody.
  attempt.place = place_.subspan(std::min(place_.size(), kept_placed_));
  if (kept_placed_ == 0) attempt.place = {};
  if (!attempt.headers.Find("if-match")) attempt.headers.Set("If-Match", etag_);
}

bool RangeResume::Keep(HttpResponse broken) {
  const auto came = static_cast<int64_t>(broken.num_bytes());
  if (!begin_ || !end_ || broken.status != 206 || came == 0) return false;
  const std::string_view etag = broken.headers.Get("etag");
  // Without a tag the rest might be another object's; a weak one promises no same bytes.
  const bool is_tagged = !etag.empty() && !etag.starts_with("W/");
  const bool is_rest =
      broken.headers.Get("content-range").starts_with(ContentRangeFrom(*begin_ + kept())) &&
      came <= *end_ - *begin_ - kept();
  const bool is_together = kept() == 0 || (kept_placed_ > 0) == (broken.placed_bytes > 0);
  if (!is_tagged || !is_rest || !is_together || (kept() > 0 && etag != etag_)) {
    kept_.clear();
    kept_placed_ = 0;
    return false;
  }
  etag_ = etag;
  kept_ += broken.body;
  kept_placed_ += broken.placed_bytes;
  return true;
}

HttpResponse RangeResume::Join(HttpResponse answer) const {
  if (kept() == 0 || answer.status != 206) return answer;
  const std::string_view range = answer.headers.Get("content-range");
  const std::string from = ContentRangeFrom(*begin_ + kept());
  if (!range.starts_with(from)) return answer;  // refused by whoever asked
  answer.headers.Set("Content-Range", Concat(ContentRangeFrom(*begin_), range.substr(from.size())));
  if (kept_placed_ > 0 && !answer.body.empty()) {
    // Of unknown length, and so not put behind what is there.
    const std::span<char> rest = place_.subspan(std::min(place_.size(), kept_placed_));
    answer.placed_bytes = std::min(rest.size(), answer.body.size());
    std::memcpy(rest.data(), answer.body.data(), answer.placed_bytes);
    answer.body.erase(0, answer.placed_bytes);
  }
  answer.body.insert(0, kept_);
  answer.placed_bytes += kept_placed_;
  return answer;
}

}  // namespace deltaic
