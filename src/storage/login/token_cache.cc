#include "storage/login/token_cache.h"

#include <algorithm>

namespace deltaic {
namespace {

// Early enough that a request that begins with the old token ends before that expires.
constexpr std::chrono::seconds kRefreshBefore{300};

}  // namespace

Result<std::string> TokenCache::Get(const IoContext& context) {
  std::unique_lock fetching(fetching_, std::defer_lock);
  {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (IsGood(now) && (now < refresh_ || !fetching.try_lock())) return text_;
  }
  if (!fetching.owns_lock()) fetching.lock();
  {
    // Somebody else has fetched it while this one waited.
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (IsGood(now) && now < refresh_) return text_;
  }
  Result<AccessToken> token = fetch_(context);
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (!token.ok()) {
    if (!IsGood(now)) return token.status();
    refresh_ = now + std::min<Clock::duration>(std::chrono::seconds(10), (expires_ - now) / 2);
    return text_;
  }
  text_ = std::move(token->text);
  const std::chrono::seconds lifetime =
      token->lifetime.count() > 0 ? token->lifetime : std::chrono::seconds(365L * 86'400);
  expires_ = now + lifetime;
  refresh_ = expires_ - std::min(kRefreshBefore, lifetime / 2);
  return text_;
}

bool TokenCache::Refused(std::string_view token) {
  const std::lock_guard lock(mutex_);
  if (text_ == token) text_.clear();
  return true;
}

}  // namespace deltaic
