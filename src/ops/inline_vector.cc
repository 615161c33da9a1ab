#include "ops/inline_vector.h"

#include <cstddef>
#include <limits>
#include <span>
#include <string>

#include "base/z85.h"

namespace deltaic {

Result<DeletionVectorDescriptor> InlineDescriptor(const DeletionVector& vector) {
  std::string bytes = vector.Serialize();
  if (bytes.size() > std::numeric_limits<int32_t>::max() / 2) {
    return Status::Unsupported("a deletion vector of ", bytes.size(),
                               " bytes; change the rows in parts");
  }
  const auto size = static_cast<int32_t>(bytes.size());
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return DeletionVectorDescriptor{.storage_type = "i",
                                  .path_or_inline_dv = Z85Encode(std::as_bytes(std::span(bytes))),
                                  .size_in_bytes = size,
                                  .cardinality = vector.cardinality()};
}

}  // namespace deltaic
