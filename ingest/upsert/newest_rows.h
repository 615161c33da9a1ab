#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace deltaic::ingest {

/// Whether a text or bytes of the row are kUnavailable.
bool HoldsUnavailable(const arrow::RecordBatch& rows, int64_t row);

/// What is left of rows of which several may have one key.
struct NewestRows {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<std::string> unavailable;  ///< columns that hold kUnavailable somewhere
};

/// One row for each key: the last one, or, of a sequence, the last of those with its largest value.
/// A large value that did not come with it is taken from the row of its key before it, back to the
/// last deletion.
/// \param batches  not empty; the last one has all columns, with kPutColumn among them.
/// \param key_columns  as the rows name them.  \param sequence_by  a column, or empty.
/// \retval kSchemaMismatch  a key column is missing.
Result<NewestRows> TakeNewestRows(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                                  const std::vector<std::string>& key_columns,
                                  const std::string& sequence_by);

}  // namespace deltaic::ingest
