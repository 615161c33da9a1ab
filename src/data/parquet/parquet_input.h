#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "data/parquet/narrow_footer.h"
#include "storage/object_store.h"

namespace parquet {
class FileMetaData;
}

namespace deltaic {

/// A Parquet file with its footer read. Safe from any thread.
struct ParquetInput {
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  std::shared_ptr<parquet::FileMetaData> metadata;
};

/// \param size_hint  the log's idea of the size; where it is wrong, storage is asked.
/// \param wants  the columns that will be read: of a wide file others may be missing in the footer
/// that comes, with their leaves (NarrowFooter()). Empty: all are there.
/// \retval kNotFound  \retval kCorruption  not Parquet, truncated, impossible row counts.
Result<ParquetInput> OpenParquet(const ObjectStore& store, const std::string& path,
                                 std::optional<int64_t> size_hint, const WantsColumn& wants = {});

/// The file, or its bytes where these are so few that a request for a part of them costs as much.
/// Of another one that is far away, its end is read and kept.
/// \param footer_bytes  that a footer of such a file mostly has.
Result<std::shared_ptr<arrow::io::RandomAccessFile>> ReadEnd(
    std::shared_ptr<arrow::io::RandomAccessFile> file, const StoreTraits& traits,
    int64_t footer_bytes);

/// The Status of an outcome of Arrow's Parquet reader: what storage or we said as it was, else
/// kCorruption.
Status FromParquetStatus(const arrow::Status& status);

}  // namespace deltaic
