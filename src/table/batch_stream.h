#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "table/snapshot.h"

namespace deltaic {

/// One part of a file list, read by one thread at a time.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// The next batch, perhaps empty; nullptr at the end.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
  /// Of the batches so far; files_selected stays 0.
  virtual FileListMetrics metrics() const = 0;
};

/// `source` with each batch converted.
std::unique_ptr<BatchSource> ConvertBatches(std::unique_ptr<BatchSource> source,
                                            BatchConversion convert);

/// Reads the sources on up to `num_threads` threads, a few batches ahead of the consumer, and gives
/// their batches in the order they come. Destroying the stream stops the threads.
std::unique_ptr<FileStream> MakeBatchStream(std::vector<std::unique_ptr<BatchSource>> sources,
                                            int num_threads, CancellationToken cancel);

}  // namespace deltaic
