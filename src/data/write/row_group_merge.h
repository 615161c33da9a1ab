#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/parquet/parquet_input.h"
#include "data/write/chunk_merge.h"
#include "data/write/row_group_copy.h"
#include "storage/object_store.h"

namespace deltaic {

/// What row groups of small files become.
struct MergeLimits {
  int64_t max_group_rows = 0;
  int64_t max_group_bytes = 0;  ///< compressed
  int64_t max_group_parts = 0;  ///< row groups that one is made of: so many files are open at once
  /// Row groups with so many rows, or compressed bytes, may stay as they are.
  int64_t min_group_rows = 0, min_group_bytes = 0;
  PageLimits pages;
  int num_threads = 1;  ///< column chunks made at once; with more than one, in memory
};

/// Opens the files that are merged, one after the other. nullptr: one that must be decoded.
using MergeSource = std::function<Result<std::shared_ptr<const ParquetInput>>(size_t number)>;

/// Writes the rows of files one after the other into one, row groups that are large enough as they
/// are, and small ones merged, without decoding values: see MergeChunks(). Bloom filters of chunks
/// that are merged are left out, and in what order rows are is not said. Files are open as long as
/// their rows are not written; memory is that of a column chunk, of all chunks of a row group where
/// there are several threads.
/// \param path  in `store`; nothing is there afterwards but in the case of success.
/// \return nullopt: they must be decoded; or they differ in what a footer says once (schema,
/// writer, order of values).
/// \retval kCorruption  a file breaks the format.
Result<std::optional<CopiedFile>> MergeFiles(ObjectStore& store, const std::string& path,
                                             size_t num_files, const MergeSource& open,
                                             const MergeLimits& limits,
                                             const CancellationToken& cancel);

}  // namespace deltaic
