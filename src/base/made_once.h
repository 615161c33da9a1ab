#pragma once

#include <atomic>
#include <type_traits>

namespace deltaic {

/// What `make` makes, for all who ask at this place; made by the first, never destroyed, so that
/// it may be used while the process ends. A static of a function would be waited for until the
/// thread that makes it is done: for ever in a child that was forked meanwhile. This is not: two
/// threads may both make it, and one of the two is thrown away.
template <typename Make>
auto& MadeOnce(Make make) {
  static_assert(std::is_empty_v<Make>, "it would be that of the first who asks");
  using Value = std::remove_cv_t<std::invoke_result_t<Make>>;
  static constinit std::atomic<Value*> made{nullptr};
  Value* known = made.load(std::memory_order_acquire);
  if (known != nullptr) return *known;
  auto* const fresh = new Value(make());
  if (made.compare_exchange_strong(known, fresh, std::memory_order_acq_rel)) return *fresh;
  delete fresh;
  return *known;
}

}  // namespace deltaic
