#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/fork.h"
#include "base/status.h"
#include "net/io_context.h"

namespace deltaic {

/// A bearer token and how long it is good for.
struct AccessToken {
  std::string text;
  std::chrono::seconds lifetime{0};  ///< from now on; 0: not known, so kept until it is refused
};

/// One token for all requests of a store. Fetched when first needed, and again by one thread some
/// time before it expires, while the others use the old one. Safe from any thread.
class TokenCache {
 public:
  using Fetch = std::function<Result<AccessToken>(const IoContext& context)>;
  explicit TokenCache(Fetch fetch) : fetch_(std::move(fetch)) {}

  /// Errors are those of the fetch, where no token is left that is still good.
  Result<std::string> Get(const IoContext& context);

  /// Says that a server did not take this token. \return true if another try may fare better: the
  /// next Get() gives another one.
  bool Refused(std::string_view token);

 private:
  using Clock = std::chrono::steady_clock;
  bool IsGood(Clock::time_point now) const { return !text_.empty() && now < expires_; }

  const Fetch fetch_;
  ForkSafeMutex fetching_;  ///< held by the one that fetches; taken before mutex_
  ForkSafeMutex mutex_;
  std::string text_;  ///< empty: none
  Clock::time_point expires_;
  Clock::time_point refresh_;
};

}  // namespace deltaic
