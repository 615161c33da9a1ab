#include "data/write/data_file_name.h"

#include <cstddef>
#include <random>

#include "base/status.h"
#include "base/uuid.h"

namespace deltaic {

std::string NewDataFileName(DataFileKind kind, int64_t number, std::string_view suffix) {
  std::random_device random;
  UuidBytes bytes;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  std::string digits = std::to_string(number);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  if (kind == DataFileKind::kChangeData) {
    return Concat("cdc-", digits, "-", FormatRandomUuid(bytes), ".c000", suffix);
  }
  return Concat("part-", digits, "-", FormatRandomUuid(bytes), "-c000", suffix);
}

}  // namespace deltaic
