#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/write/data_file_layout.h"
#include "data/write/data_file_writer.h"
#include "ops/candidate_files.h"
#include "ops/patched_chunks.h"
#include "ops/row_patch.h"
#include "ops/row_sink.h"
#include "ops/uncommitted_files.h"
#include "scan/read_spec.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

/// The kinds of change data, as the column `_change_type` has them.
enum class ChangeType { kInsert, kDelete, kUpdatePreimage, kUpdatePostimage };

/// Who says what the change data feed shall show, where the table has one.
enum class ChangeRecord {
  /// Readers see it by files and deletion vectors; where files are rewritten, the rows taken are
  /// recorded as deleted.
  kFromFiles,
  kGiven,  ///< what is recorded, and nothing else
};

/// What changed, in files.
struct RowChangeCounts {
  int64_t num_taken_rows = 0;
  int64_t num_copied_rows = 0;  ///< into rewritten files
  int64_t num_put_rows = 0;
  int64_t num_added_files = 0, num_removed_files = 0;  ///< data files, deletion vectors apart
  int64_t num_added_bytes = 0, num_removed_bytes = 0;
  int64_t num_vectors_added = 0, num_vectors_removed = 0;
  int64_t num_vectors_updated = 0;  ///< counted in both of those, too
  int64_t num_change_files = 0, num_change_bytes = 0;
  int64_t rewrite_time_ms = 0;
};

struct RowChangesOptions {
  ChangeRecord record = ChangeRecord::kFromFiles;
  DataFileOptions files;
  std::shared_ptr<const RowPatch> patch;  ///< of Patch()
  CancellationToken cancel = CancellationToken::None();
};

/// Changes rows of a table: takes rows out of its data files, puts others in, and records change
/// data. Rows are taken by deletion vectors where the table writes them, else the files that had
/// them are written again without. What it writes is deleted with it unless Settle() says that the
/// commit stands. One thread at a time.
class RowChanges {
 public:
  RowChanges(SnapshotPtr snapshot, RowSinkTarget target, RowChangesOptions options);

  /// Takes rows at these positions (deleted rows counted) out of a file, once each.
  void Take(std::string_view file_uri, const arrow::Int64Array& positions);
  /// True where rows can get new values where they are: in files that are written again, where
  /// nothing else is to be told of them.
  bool can_patch() const {
    return options_.patch != nullptr && !writes_vectors_ && !has_feed_ && !tracks_rows();
  }
  /// Gives rows at these positions of a file the values of the patch. They are not to be taken too.
  void Patch(std::string_view file_uri, const arrow::Int64Array& positions);
  /// Puts new rows in.
  /// \param row_ids  that they have already, where the table tracks rows; nullptr: they are new.
  Status Put(std::shared_ptr<arrow::RecordBatch> rows, RowOrigin origin,
             const std::shared_ptr<arrow::Array>& row_ids = nullptr);
  /// Records change data where the table has a feed. \param rows  of the table's columns.
  Status Record(const std::shared_ptr<arrow::RecordBatch>& rows, ChangeType type);
  /// True where rows that move to another file take their ids along.
  bool tracks_rows() const { return tracking_.has_value(); }
  /// True where Record() does anything.
  bool records() const { return has_feed_ && options_.record == ChangeRecord::kGiven; }
  /// True where Finish() records rows taken so far as deleted: then what is put in must be
  /// recorded, too.
  bool will_record_taken() const {
    return has_feed_ && !writes_vectors_ && options_.record == ChangeRecord::kFromFiles &&
           !taken_.empty();
  }
  bool is_empty() const {
    return taken_.empty() && patched_.empty() && sink_ == nullptr && change_sink_ == nullptr;
  }

  /// Writes what is left to write, and stages all of it. No other call but Settle() after it.
  /// \param files  all files that rows were taken from, maybe among others.
  Result<RowChangeCounts> Finish(const CandidateFiles& files, Transaction& transaction);
  /// How the commit went, as UncommittedFiles::Settle().
  void Settle(const Status& committed) { uncommitted_.Settle(committed); }

 private:
  struct TakenFile;
  struct FileCopy;
  Result<std::unique_ptr<RowSink>> MakeSink(RowSinkTarget target) const;
  Status OpenSink();
  Result<std::shared_ptr<arrow::RecordBatch>> WithTracking(
      const arrow::RecordBatch& rows, std::shared_ptr<arrow::Array> ids,
      std::shared_ptr<arrow::Array> versions) const;
  Result<std::vector<TakenFile>> CollectTaken(const CandidateFiles& files);
  Status WriteVectors(std::vector<TakenFile>& files, Transaction& transaction);
  Status RewriteFiles(const std::vector<TakenFile>& files, Transaction& transaction);
  Result<std::vector<const TakenFile*>> CopyFiles(std::vector<const TakenFile*> files,
                                                  Transaction& transaction);
  Result<std::optional<FileCopy>> CopyFile(const TakenFile& file, const DataFileLayout& layout,
                                           const std::optional<PatchLayout>& patch,
                                           int64_t number) const;
  Status DecodeFiles(const std::vector<const TakenFile*>& files);
  Result<std::shared_ptr<arrow::RecordBatch>> WithPatch(
      std::shared_ptr<arrow::RecordBatch> batch,
      const std::map<std::string, const DeletionVector*, std::less<>>& patched) const;
  Status RecordTaken(const std::vector<TakenFile>& files);
  Status StageWritten(Transaction& transaction);
  Status StageRemove(const TakenFile& file, Transaction& transaction);

  const SnapshotPtr snapshot_;
  const RowSinkTarget target_;
  const RowChangesOptions options_;
  const bool has_feed_;
  const bool writes_vectors_;
  const std::optional<RowTrackingColumns> tracking_;
  const int64_t now_ms_;
  UncommittedFiles uncommitted_;
  std::map<std::string, DeletionVector, std::less<>> taken_;    ///< by URI
  std::map<std::string, DeletionVector, std::less<>> patched_;  ///< likewise
  std::unique_ptr<RowSink> sink_;                               ///< made when rows come
  std::unique_ptr<RowSink> change_sink_;                        ///< likewise
  RowChangeCounts counts_;
};

}  // namespace deltaic
