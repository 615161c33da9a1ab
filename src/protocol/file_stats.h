#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// Statistics of one leaf column of a file. Bounds are monostate where nothing is known.
struct ColumnStats {
  std::vector<std::string> path;  ///< physical names from the root
  Value min;                      ///< a lower bound
  Value max;  ///< an upper bound (already widened by the protocol's rules when parsed for skipping)
  std::optional<int64_t> null_count;
};

/// Statistics of one data file. Source: PROTOCOL.md, "Per-file Statistics".
struct FileStats {
  std::optional<int64_t> num_records;
  bool tight_bounds = true;
  std::vector<ColumnStats> columns;  ///< only columns with something known
  const ColumnStats* Find(const std::vector<std::string>& path) const;
};

/// Parses the statistics of many files of one table. Immutable: safe from any thread.
class FileStatsParser {
 public:
  /// The arguments are those of ParseFileStats, and need not outlive the call.
  FileStatsParser(const Schema& physical_schema,
                  const std::vector<std::vector<std::string>>& wanted);
  ~FileStatsParser();
  FileStatsParser(FileStatsParser&&) noexcept;
  FileStatsParser& operator=(FileStatsParser&&) noexcept;

  /// As ParseFileStats.
  Result<FileStats> Parse(std::string_view json) const;
  /// As ParseStatsHint.
  FileStats ParseHint(std::string_view json) const;

 private:
  struct Plan;
  std::unique_ptr<const Plan> plan_;
};

/// Parses `add.stats`, taking only the columns in `wanted` (physical paths; empty = none, only
/// num_records and tightBounds). Null, empty text and the text "null" give empty stats. Timestamp
/// maxima are raised by 1 ms - 1 us, since writers cut them down; bounds that do not parse as their
/// type are unknown. \retval kCorruption  not a JSON object.
Result<FileStats> ParseFileStats(std::string_view json, const Schema& physical_schema,
                                 const std::vector<std::vector<std::string>>& wanted);

/// As ParseFileStats, for all who read a table: statistics are a hint, so that nothing is known of
/// what does not parse, and no table is unreadable for them.
FileStats ParseStatsHint(std::string_view json, const Schema& physical_schema,
                         const std::vector<std::vector<std::string>>& wanted);

/// The JSON text for `add.stats`: numRecords, minValues, maxValues, nullCount nested like the
/// schema. Bounds in `stats` are exact; this applies the protocol's truncation (strings 32
/// characters, timestamps milliseconds: minima down; maxima of strings raised, maxima of timestamps
/// cut down as Spark does).
std::string FormatFileStats(const FileStats& stats, const Schema& physical_schema);

/// The longest prefix of at most `max_chars` code points; a lower bound.
std::string TruncateMinString(std::string_view text, int max_chars);
/// `text` if short enough, else a prefix raised so that it is above every string with that prefix;
/// nullopt if there is none, or if `text` is not UTF-8.
std::optional<std::string> TruncateMaxString(std::string_view text, int max_chars);

inline constexpr int kStatsStringPrefix = 32;

}  // namespace deltaic
