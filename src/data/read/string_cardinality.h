#pragma once

#include <string>
#include <vector>

#include "data/parquet/parquet_input.h"
#include "data/read/data_read_spec.h"

namespace deltaic {

/// Which of the columns that `spec` returns are strings of few values in `file`: every row group
/// has all of the column in dictionary pages, with at most one byte of dictionary for a row, and at
/// most 64 KiB. Looks at the footer only. Columns of the file itself: partition columns are not
/// among them.
/// \retval kCorruption  the file's columns cannot be the table's.
Result<std::vector<std::string>> LowCardinalityStrings(const DataReadSpec& spec,
                                                       const ParquetInput& file);

}  // namespace deltaic
