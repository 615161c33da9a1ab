#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"

namespace deltaic {

/// Rows that a target cannot hold, with why: JSON objects on lines, behind those of other runs.
/// One thread at a time.
class RejectFile {
 public:
  /// \retval kIo  it cannot be opened for writing.
  static Result<std::unique_ptr<RejectFile>> Open(std::string path, std::string into,
                                                  std::optional<int64_t> version);

  /// {"into":"scores","version":57,"reason":"...","row":{...}}, all in the file once it returns.
  Status Add(const Status& why, const arrow::Schema& schema, const arrow::ArrayVector& columns,
             int64_t row);
  int64_t num_rows() const { return num_rows_; }

 private:
  std::string path_, into_;
  std::optional<int64_t> version_;
  std::ofstream file_;
  int64_t num_rows_ = 0;
};

}  // namespace deltaic
