#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/http_message.h"

namespace deltaic {

/// Goes on with a range of an object where its answer broke off, instead of asking for all of it
/// again: for a GET with `Range: bytes=A-B`. Others pass through as they are. One thread at a time.
class RangeResume {
 public:
  explicit RangeResume(const HttpRequest& request);

  /// Puts into an attempt that only the rest is wanted, of the same object.
  void Apply(HttpRequest& attempt) const;
  /// What came of an attempt before its connection broke. \return whether it is of use.
  bool Keep(HttpResponse broken);
  /// The answer to the whole range, of the answer to its rest.
  HttpResponse Join(HttpResponse answer) const;

 private:
  std::optional<int64_t> begin_, end_;  ///< A and B; unset: no such request
  std::string kept_;
  std::string etag_;  ///< of what is kept
};

}  // namespace deltaic
