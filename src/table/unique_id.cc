#include "table/unique_id.h"

#include <array>
#include <cstring>
#include <random>

#include "base/uuid.h"

namespace deltaic {

std::string NewUuid() {
  // Asked of the system each time, so that a forked child does not repeat its parent's ids.
  std::random_device device;
  std::array<std::random_device::result_type, 4> words;
  for (auto& word : words) word = device();
  UuidBytes bytes;
  static_assert(sizeof(words) == sizeof(bytes));
  std::memcpy(bytes.data(), words.data(), sizeof(bytes));
  return FormatRandomUuid(bytes);
}

}  // namespace deltaic
