#pragma once

#include <arrow/type_fwd.h>
#include <parquet/file_writer.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/write/data_file_layout.h"
#include "data/write/stats_collector.h"
#include "storage/object_store.h"

namespace deltaic {

/// A data file that is complete.
struct EncodedFile {
  int64_t size_bytes = 0;
  int64_t num_rows = 0;
  std::string stats;  ///< JSON
};

/// Encodes one data file. Calls in this order: StartRowGroup, WriteLeaf for all leaves of some
/// batches, maybe EndRowGroup, again these, Close. One thread at a time, but WriteLeaf may run at
/// once for different leaves. Destroying it before Close() leaves no file.
class ParquetEncoder {
 public:
  /// \param first_rows  that will be written; they tell which columns are worth a dictionary.
  static Result<std::unique_ptr<ParquetEncoder>> Open(ObjectStore& store, const std::string& path,
                                                      std::shared_ptr<const DataFileLayout> layout,
                                                      const arrow::RecordBatch& first_rows);
  ~ParquetEncoder();

  /// Begins a row group, writing out the one before.
  Status StartRowGroup();
  /// Writes the open row group out, so that it takes no memory while nothing follows it.
  Status EndRowGroup();
  /// \param batch  of the layout's data_schema
  Status WriteLeaf(size_t leaf, const arrow::RecordBatch& batch);
  /// Makes the file durable and visible.
  Result<EncodedFile> Close();

  /// What the open row group holds in memory, by estimate. Safe from any thread.
  int64_t buffered_bytes() const { return buffered_bytes_.load(std::memory_order_relaxed); }
  /// The file's size if it were closed now, by estimate. Safe from any thread.
  int64_t file_bytes() const {
    return written_bytes_.load(std::memory_order_relaxed) +
           encoded_bytes_.load(std::memory_order_relaxed);
  }

 private:
  class Sink;
  struct Leaf;

  ParquetEncoder(std::shared_ptr<const DataFileLayout> layout, std::string path,
                 std::unique_ptr<ObjectWriter> out);
  Status StartFile(const arrow::RecordBatch& first_rows);
  Status WriteLeafImpl(size_t leaf, const arrow::RecordBatch& batch);
  Result<EncodedFile> CloseImpl();
  Status CountNothingBuffered();

  const std::shared_ptr<const DataFileLayout> layout_;
  const std::string path_;
  std::unique_ptr<ObjectWriter> out_;
  std::shared_ptr<Sink> sink_;
  std::unique_ptr<parquet::ParquetFileWriter> writer_;
  parquet::RowGroupWriter* row_group_ = nullptr;  ///< owned by writer_
  std::vector<Leaf> leaves_;
  StatsCollector stats_;
  std::atomic<int64_t> buffered_bytes_ = 0;
  std::atomic<int64_t> encoded_bytes_ = 0;  ///< of the open row group, compressed
  std::atomic<int64_t> written_bytes_ = 0;  ///< of earlier row groups
  std::atomic<bool> is_long_ = false;       ///< its stream was told so
};

}  // namespace deltaic
