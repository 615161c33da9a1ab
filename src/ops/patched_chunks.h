#pragma once

#include <memory>
#include <optional>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/write/copied_stats.h"
#include "data/write/data_file_layout.h"
#include "data/write/row_group_copy.h"
#include "ops/row_patch.h"
#include "protocol/actions.h"
#include "scan/scan.h"
#include "table/snapshot.h"

namespace deltaic {

/// How the columns of a patch are stored. Immutable: safe from any thread.
struct PatchLayout {
  std::shared_ptr<const DataFileLayout> layout;  ///< of files with these columns alone

  /// \param target  whole files of the table.
  /// \return nullopt: options speak of columns, so that whole files must be written.
  static Result<std::optional<PatchLayout>> Make(DataFileTarget target, DataFileOptions options,
                                                 const RowPatch& patch);
};

/// The column chunks that a file gets where some of its rows are patched: of the columns that
/// change, in the row groups that hold such rows. All others can be copied. Reads and encodes one
/// row group at a time. One thread at a time.
class PatchedChunks {
 public:
  /// What is patched. All must outlive the chunks.
  struct Source {
    const Snapshot& snapshot;
    const RowPatch& patch;
    const PatchLayout& layout;
    const Add& add;
    const DeletionVector& patched;  ///< positions
    const DeletionVector& deleted;  ///< rows that the copy lacks
  };
  /// \param input  the file.
  /// \return nullptr: the file stores the columns otherwise than the table does now, so that it
  /// must be decoded.
  static Result<std::unique_ptr<PatchedChunks>> Start(const Source& source,
                                                      const ParquetInput& input,
                                                      CancellationToken cancel);

  /// As ChunkReplacement; row groups must be asked for in order.
  Result<std::optional<ReplacedChunks>> Next(int row_group);
  /// When all have been asked for.
  const ReplacedStats& stats() const { return stats_; }

 private:
  explicit PatchedChunks(const Source& source) : source_(source) {}
  bool FindLeaves(const parquet::FileMetaData& metadata);
  Status StartScan(const parquet::FileMetaData& metadata, CancellationToken cancel);
  void AddStats(const std::string& json);

  struct Group {
    int64_t kept = 0;  ///< rows
    bool is_patched = false;
  };
  const Source source_;
  std::vector<std::pair<int, int>> leaves_;
  std::vector<Group> groups_;
  std::unique_ptr<Scan> scan_;
  bool any_ = false;
  ReplacedStats stats_{.stats = {}, .everywhere = true};
};

}  // namespace deltaic
