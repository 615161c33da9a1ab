#pragma once

#include <arrow/type_fwd.h>
#include <parquet/properties.h>

#include <memory>

#include "data/write/data_file_layout.h"

namespace deltaic {

/// The layout's properties for a file that begins with `first_rows` (of its data_schema), without
/// dictionaries for columns of so many distinct values that Parquet would give the dictionary up
/// soon after having built it: that costs more than all the rest of the column.
std::shared_ptr<parquet::WriterProperties> ChooseDictionaries(const DataFileLayout& layout,
                                                              const arrow::RecordBatch& first_rows);

}  // namespace deltaic
