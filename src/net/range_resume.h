#pragma once

#include <cstdint>
#include <optional>
#include <span>
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
  std::span<char> place_;               ///< of the whole range; empty: nowhere
  std::string kept_;                    ///< what came, if it was not put there
  size_t kept_placed_ = 0;              ///< if it was
  std::string etag_;                    ///< of what is kept

  int64_t kept() const { return static_cast<int64_t>(kept_.size() + kept_placed_); }
};

}  // namespace deltaic
