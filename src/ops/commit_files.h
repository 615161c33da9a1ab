#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/write/data_file_writer.h"
#include "expr/expr.h"
#include "protocol/file_list.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

struct WriteFilesOptions {
  DataFileOptions files;
  CancellationToken cancel = CancellationToken::None();
};

struct WrittenFiles {
  std::string list;  ///< FormatFileList()
  int64_t num_files = 0, num_rows = 0, num_bytes = 0;
};

/// Writes all batches of `input` as data files of the table, and commits nothing: CommitFiles()
/// does, here or elsewhere. Rows are made to fit and checked as a write's are. Any failure removes
/// the files.
/// \param base  the snapshot to write for where the caller has one, else nullptr.
/// \retval kUnsupported  a table whose identity columns count on with each commit.
/// \retval kNotFound, kSchemaMismatch, kConstraintViolated
Result<WrittenFiles> WriteFiles(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                arrow::RecordBatchReader& input, const WriteFilesOptions& options);

struct CommitFilesOptions {
  FileList files;
  bool overwrite = false;  ///< the table's other files go; not with removes
  ExprPtr replace_where;   ///< with it only those of partitions that make it true
  SchemaPtr schema;  ///< with overwrite of all: the columns of the table from then on; nullptr: as
                     ///< they are
  /// Of applications. Where the table has come to all of these versions, or beyond, nothing is
  /// committed: so a call whose answer was lost can be made again.
  std::vector<Txn> transactions;
  /// Its operation, parameters and metrics are made here where they are empty.
  CommitSpec commit{.operation = ""};
  CancellationToken cancel = CancellationToken::None();
};

struct CommitFilesResult {
  bool was_there = false;          ///< by its transactions
  std::optional<Version> version;  ///< none where nothing was committed
  SnapshotPtr snapshot;
  int64_t num_added_files = 0, num_removed_files = 0;
  int num_retries = 0;
};

/// Commits data files that are in the table's folder already, written by WriteFiles(), or by
/// somebody else: see CheckGivenAdds(). Files are never deleted here, whatever fails.
/// \param base  the snapshot to work on where the caller has one, else nullptr.
/// \retval kInvalidArgument  a file of the list is not what it should be, or of another table.
/// \retval kUnsupported  files of others for a table whose rules say how files are stored (Iceberg
/// compatibility), or which counts its rows (identity columns).
/// \retval kConflict  as of a write; also where columns or rules have changed since the files were
/// written.
Result<CommitFilesResult> CommitFiles(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                      const CommitFilesOptions& options);

/// Deletes the files of a list that will not be committed. \return how many there were.
/// \retval kInvalidArgument  one of them belongs to the table, or did within the retention; a list
/// with removes, or of another table. Nothing is deleted then.
Result<int64_t> DiscardFiles(const Table& table, const FileList& files,
                             const CancellationToken& cancel);

}  // namespace deltaic
