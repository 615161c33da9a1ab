#include "storage/read_position.h"

namespace deltaic {

arrow::Status CheckRead(bool is_closed, int64_t position, int64_t size_bytes,
                        std::string_view where) {
  if (is_closed) return arrow::Status::Invalid("reading ", where, ": it is closed");
  if (position < 0 || size_bytes < 0) {
    return arrow::Status::Invalid("reading ", where, ": ", size_bytes, " bytes at ", position);
  }
  return arrow::Status::OK();
}

}  // namespace deltaic
