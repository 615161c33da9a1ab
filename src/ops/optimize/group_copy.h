#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/parquet/parquet_input.h"
#include "data/write/data_file_layout.h"
#include "data/write/data_file_writer.h"
#include "data/write/row_group_merge.h"
#include "ops/optimize/file_group.h"
#include "ops/written_file.h"
#include "table/snapshot.h"

namespace deltaic {

/// Which files a compaction may join without decoding them. Each rule is a reason why the result
/// would be another one than that of writing the rows anew, or why that is as fast. Source:
/// docs/decisions/0009.
struct CopyRules {
  /// Row groups with this many rows, or compressed bytes, are kept; smaller ones are merged: many
  /// in a large file cost every reader.
  int64_t min_group_rows = 0, min_group_bytes = 0;
  /// Files must have this many rows, or bytes, on average of a group.
  int64_t min_file_rows = 0, min_file_bytes = 0;
  std::optional<arrow::Compression::type> codec;  ///< where the caller or the table asks for one
  std::shared_ptr<const DataFileLayout> layout;   ///< how the rows would be stored
};

/// True where a file may be joined with others as it is stored: its columns are those of the
/// layout, each of the very type; its codec is the one asked for; its row groups are large enough,
/// or of encodings that can be merged; its days are those of today's calendar; nothing in it is
/// encrypted. Pure.
bool MayBeJoined(const parquet::FileMetaData& file, const CopyRules& rules);

/// The file that has the rows of a group's files.
struct JoinedGroup {
  WrittenFile file;
  int64_t num_rows = 0;
};

/// Decides for groups of files of one table. Immutable: safe from any thread.
class GroupCopier {
 public:
  /// \return nullopt: files of this table, or with these options, are always written anew.
  static Result<std::optional<GroupCopier>> Make(SnapshotPtr snapshot,
                                                 const DataFileOptions& options);

  /// True where files are such that they are worth a look inside, by what the log says of them.
  bool IsCandidate(const FileGroup& group) const;

  /// Takes in what the log says of the values of a file of a candidate group.
  /// \param stats  its `add.stats`, perhaps empty.
  void AddStats(const std::string& stats, FileGroup& group) const;

  /// Joins the files of a candidate group, whose statistics all were taken in.
  /// \return nullopt: its rows must be read and written.
  Result<std::optional<JoinedGroup>> Copy(const FileGroup& group, int num_threads,
                                          const CancellationToken& cancel) const;

 private:
  GroupCopier(SnapshotPtr snapshot, CopyRules rules)
      : snapshot_(std::move(snapshot)), rules_(std::move(rules)) {}

  bool IsDescribed(const FileGroup& group) const;
  MergeLimits LimitsOf(int num_threads) const;

  SnapshotPtr snapshot_;
  CopyRules rules_;
};

}  // namespace deltaic
