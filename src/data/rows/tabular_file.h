#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// Files of rows beside tables: what the command line takes in and gives out.
enum class TabularFormat { kParquet, kCsv, kJsonLines, kArrow };

/// By name ("parquet", "csv", "json", "arrow").
std::optional<TabularFormat> ParseTabularFormat(std::string_view name);
/// By the ending of a file name: .parquet; .csv; .json, .jsonl, .ndjson; .arrow, .arrows, .ipc,
/// .feather.
std::optional<TabularFormat> TabularFormatOf(std::string_view path);

struct TabularReadOptions {
  int64_t batch_rows = 64 * 1024;
  SchemaPtr types;  ///< of columns of CSV and JSON files, not all of them; nullptr: none given
};

/// Streams a file of the local disk; "-" is standard input (Parquet and Arrow files are then read
/// into memory first). CSV has a header line; types of CSV and JSON that are not given are found
/// from the first MiB, and must hold for the rest. A CSV column without a value in it is text.
/// \retval kInvalidArgument  types that the file has no columns for, or of a Parquet or Arrow file.
/// \retval kNotFound  \retval kCorruption  the content is not of the format; the path is named.
Result<std::shared_ptr<arrow::RecordBatchReader>> OpenTabularFile(
    const std::string& path, TabularFormat format, const TabularReadOptions& options);

/// The rows of a Parquet file, by its footer; nullopt for other formats and standard input, where
/// only reading tells. \retval kNotFound, kCorruption
Result<std::optional<int64_t>> CountTabularFile(const std::string& path, TabularFormat format);

/// Writes all rows; "-" is standard output. A file that failed half way is removed. CSV quotes
/// where needed: null is an empty cell, an empty text is "". JSON is a line a row.
/// \return the rows written.
Result<int64_t> WriteTabularFile(const std::string& path, TabularFormat format,
                                 arrow::RecordBatchReader& rows);

}  // namespace deltaic
