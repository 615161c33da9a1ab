#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/parquet/parquet_input.h"
#include "storage/object_store.h"

namespace deltaic {

/// What a copy without some rows knows of one leaf column, against the file that it was made of.
struct CopiedLeaf {
  std::vector<std::string> path;  ///< from the root, as in Parquet's schema
  bool is_repeated = false;
  int64_t num_dropped_nulls = 0;  ///< of a leaf that is not repeated
  /// Whether the least and the greatest value of each row group are there still. Of numbers and
  /// dates: where they are not, the copy's footer has the new bounds, if it has any.
  bool bounds_hold = true;
  /// Whether chunks of it were replaced, which the above says nothing of.
  bool is_replaced = false;
};

struct CopiedFile {
  int64_t size_bytes = 0;
  int64_t num_rows = 0;
  std::vector<CopiedLeaf> leaves;
  std::shared_ptr<parquet::FileMetaData> metadata;  ///< of the copy
};

/// The rows to leave out with positions in [begin, end) of the file, ascending.
using DroppedRows = std::function<std::vector<int64_t>(int64_t begin, int64_t end)>;

/// Column chunks that stand in for a row group's own.
struct ReplacedChunks {
  /// A file with one row group, of the rows that the copy keeps.
  ParquetInput from;
  /// The number of a leaf of the file that is copied, then that of `from` which replaces it.
  std::vector<std::pair<int, int>> leaves;
};

/// What stands in for chunks of a row group, if anything does. Asked for one after the other.
using ChunkReplacement = std::function<Result<std::optional<ReplacedChunks>>(int row_group)>;

/// A file that is copied, as a whole or a part of another.
struct CopySource {
  ParquetInput from;
  DroppedRows dropped;        ///< empty: none
  ChunkReplacement replaced;  ///< empty: none
};

/// Writes the row groups of files one after the other into one, each as CopyWithoutRows() does.
/// \param sources  at least one.
/// \return nullopt also where files differ in what a footer says once: schema, writer, order of
/// values; or where a chunk is to be replaced by one of another type.
Result<std::optional<CopiedFile>> JoinFiles(ObjectStore& store, const std::string& path,
                                            std::span<const CopySource> sources,
                                            const CancellationToken& cancel);

/// Writes a Parquet file again without some of its rows, and decodes nothing that need not be:
/// row groups and pages that lose no row are copied as the compressed bytes they are; of others
/// values are left out as they are stored (texts, numbers of dictionary entries). What the footer
/// says otherwise is kept: the schema, who wrote it, notes, Bloom filters, and the page index of
/// what is left.
/// \param path  in `store`; nothing is there afterwards but in the case of success.
/// \return nullopt: a file of a kind that must be decoded (encrypted, an encoding whose values
/// depend on each other), or that has no row left.
/// \retval kCorruption  the file breaks the format.
Result<std::optional<CopiedFile>> CopyWithoutRows(ObjectStore& store, const std::string& path,
                                                  const ParquetInput& from,
                                                  const DroppedRows& dropped,
                                                  const CancellationToken& cancel);

}  // namespace deltaic
