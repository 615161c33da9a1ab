#pragma once

#include <parquet/metadata.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "data/parquet/page_index.h"
#include "data/parquet/page_stream.h"
#include "data/read/parquet_data_file.h"

namespace parquet {
class PageReader;
}

namespace deltaic {

/// Those pages of a column chunk that are to be read.
struct ChosenPages {
  int leaf = 0;                                ///< Parquet's number
  std::vector<ByteRange> parts;                ///< with the dictionary's page; they do not touch
  RowRanges rows;                              ///< of these pages
  std::vector<int64_t> rows_of_pages;          ///< empty: not known, for want of an index
  int64_t pages_total = 0, pages_skipped = 0;  ///< as far as known

  int64_t bytes() const;
};

/// All pages. Throws parquet::ParquetException where the footer contradicts the file's size.
ChosenPages AllPages(const ParquetInput& input, const parquet::RowGroupMetaData& row_group,
                     int leaf);

/// Those with rows of `wanted`.
ChosenPages PagesWith(const RowRanges& wanted, const ChunkPages& chunk, int leaf);

/// Opens chosen pages of column chunks of one row group. A local file is read in small windows, so
/// that a chunk is never in memory as a whole. Of a file far away all that was chosen is asked for
/// at once, if the plan's prefetch_bytes hold it, else it comes a little ahead of its readers.
class ChunkOpener {
 public:
  /// \param chosen  all that will be opened; asking for it may begin.
  static Result<ChunkOpener> Make(const ParquetDataFile& file,
                                  std::shared_ptr<const parquet::RowGroupMetaData> row_group,
                                  const std::vector<ChosenPages>& chosen);

  std::unique_ptr<parquet::PageReader> Open(ChosenPages chosen) const;
  /// Waits until what was asked for has come.
  void Wait() const {
    if (fetch_ != nullptr) fetch_->Wait();
  }

 private:
  ParquetInput input_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;  ///< of `input_`, maybe with bytes ahead
  std::shared_ptr<const parquet::RowGroupMetaData> row_group_;
  int64_t window_bytes_ = 0;
  std::shared_ptr<RangeFetch> fetch_;  ///< nullptr: windows
};

}  // namespace deltaic
