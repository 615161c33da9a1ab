#pragma once

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace deltaic {

/// Threads that work on one thing for as long as it takes, and may wait for one another: unlike
/// shared threads (`shared_threads.h`), each has begun once it is counted. One thread owns it.
class Crew {
 public:
  Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  /// Waits for all.
  ~Crew() { Join(); }

  /// Starts one more, which runs `work`; that throws nothing.
  /// \return false where the system has no more to give: those there are will do, or the owner.
  bool Add(std::function<void()> work);
  /// The same until there are `count`. \return how many there are.
  size_t AddUntil(size_t count, const std::function<void()>& work);
  size_t size() const { return threads_.size(); }
  /// Waits for all, and lets them go.
  void Join();

 private:
  std::vector<std::thread> threads_;
};

}  // namespace deltaic
