#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "expr/expr.h"
#include "scan/file_source.h"
#include "table/snapshot.h"

namespace deltaic {

/// The live files of a snapshot that may hold rows of interest, with all that the log says of them,
/// kept as columns. Immutable: safe from any thread.
class CandidateFiles {
 public:
  /// \param predicate  bound; files that cannot match it, by partition values or statistics, are
  /// left out. nullptr: none is.
  static Result<std::shared_ptr<const CandidateFiles>> List(const Snapshot& snapshot,
                                                            ExprPtr predicate,
                                                            CancellationToken cancel);

  /// All of them for a scan.
  std::unique_ptr<FileSource> Source() const;
  Status ForEach(const std::function<Status(Add add)>& visit) const;

  const FileListMetrics& metrics() const { return metrics_; }
  int64_t num_files() const { return metrics_.files_selected; }

 private:
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  FileListMetrics metrics_;
};

}  // namespace deltaic
