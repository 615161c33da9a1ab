#include "storage/crew.h"

#include <system_error>
#include <utility>

namespace deltaic {

bool Crew::Add(std::function<void()> work) {
  try {
    threads_.emplace_back(std::move(work));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

size_t Crew::AddUntil(size_t count, const std::function<void()>& work) {
  threads_.reserve(count);
  while (threads_.size() < count && Add(work)) {
  }
  return threads_.size();
}

void Crew::Join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace deltaic
