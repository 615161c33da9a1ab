#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <optional>

#include "base/status.h"

namespace deltaic {

/// Whether the texts of a string array, or of a dictionary of strings, are UTF-8: Parquet files may
/// say so of any bytes, and who takes Arrow arrays relies on it. Other arrays pass.
/// \retval kCorruption  a text is not.
Status CheckUtf8(const arrow::Array& array);

/// The first row whose text is not UTF-8.
std::optional<int64_t> FindInvalidUtf8(const arrow::StringArray& texts);

}  // namespace deltaic
