#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/data_file_reader.h"
#include "data/read_plan.h"

namespace deltaic {

/// Which of the plan's output columns are strings of few values in `file`: every row group has all
/// of the column in dictionary pages, with at most one byte of dictionary for a row, and at most
/// 64 KiB. Reads the footer only. Columns of the file itself: partition columns are not among them.
///
/// Errors as DataFileReader::Open.
Result<std::vector<std::string>> LowCardinalityStrings(const std::shared_ptr<ObjectStore>& store,
                                                       const std::shared_ptr<const ReadPlan>& plan,
                                                       DataFile file);

}  // namespace deltaic
