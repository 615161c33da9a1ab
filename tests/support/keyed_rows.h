#pragma once

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "expr/parser.h"
#include "ops/write.h"
#include "scan/changes.h"
#include "scan/scan.h"
#include "support/status_matchers.h"
#include "table/table.h"

/// Tables of (id long, part string, qty int, name string) for tests of DELETE, UPDATE and MERGE.
namespace deltaic::testing {

struct KeyedRow {
  std::optional<int64_t> id;
  std::optional<std::string> part;
  std::optional<int32_t> qty;
  std::optional<std::string> name;
  auto operator<=>(const KeyedRow&) const = default;
};
using KeyedRows = std::vector<KeyedRow>;

inline void PrintTo(const KeyedRow& row, std::ostream* os) {
  *os << '(' << (row.id ? std::to_string(*row.id) : "null") << ' ' << row.part.value_or("null")
      << ' ' << (row.qty ? std::to_string(*row.qty) : "null") << ' ' << row.name.value_or("null")
      << ')';
}

inline std::shared_ptr<arrow::Schema> KeyedSchema() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("part", arrow::utf8()),
                        arrow::field("qty", arrow::int32()), arrow::field("name", arrow::utf8())});
}

inline std::shared_ptr<arrow::RecordBatchReader> ReaderOf(const KeyedRows& rows) {
  arrow::Int64Builder id;
  arrow::StringBuilder part;
  arrow::Int32Builder qty;
  arrow::StringBuilder name;
  for (const KeyedRow& row : rows) {
    EXPECT_TRUE((row.id ? id.Append(*row.id) : id.AppendNull()).ok());
    EXPECT_TRUE((row.part ? part.Append(*row.part) : part.AppendNull()).ok());
    EXPECT_TRUE((row.qty ? qty.Append(*row.qty) : qty.AppendNull()).ok());
    EXPECT_TRUE((row.name ? name.Append(*row.name) : name.AppendNull()).ok());
  }
  const auto batch =
      arrow::RecordBatch::Make(KeyedSchema(), static_cast<int64_t>(rows.size()),
                               {*id.Finish(), *part.Finish(), *qty.Finish(), *name.Finish()});
  return *arrow::RecordBatchReader::Make({batch}, KeyedSchema());
}

/// Row `row` of a batch that has these columns.
inline KeyedRow RowAt(const arrow::RecordBatch& batch, int64_t row) {
  const auto text = [&](const char* name) -> std::optional<std::string> {
    const auto& values = static_cast<const arrow::StringArray&>(*batch.GetColumnByName(name));
    return values.IsNull(row) ? std::nullopt : std::optional(values.GetString(row));
  };
  const auto& id = static_cast<const arrow::Int64Array&>(*batch.GetColumnByName("id"));
  const auto& qty = static_cast<const arrow::Int32Array&>(*batch.GetColumnByName("qty"));
  KeyedRow out;
  if (id.IsValid(row)) out.id = id.Value(row);
  if (qty.IsValid(row)) out.qty = qty.Value(row);
  out.part = text("part");
  out.name = text("name");
  return out;
}

/// All rows of a snapshot, sorted.
inline KeyedRows ReadRows(const SnapshotPtr& snapshot) {
  KeyedRows rows;
  auto scan = Scan::Make(snapshot, ScanOptions{.num_threads = 1});
  EXPECT_THAT(scan, IsOk());
  while (scan.ok()) {
    const auto batch = (*scan)->Next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) break;
    for (int64_t row = 0; row < (*batch)->num_rows(); ++row) rows.push_back(RowAt(**batch, row));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// What the change data feed says of one version: (kind of change, row), sorted.
inline std::vector<std::pair<std::string, KeyedRow>> ReadChanges(const Table& table,
                                                                 const SnapshotPtr& snapshot) {
  std::vector<std::pair<std::string, KeyedRow>> out;
  ChangesOptions options{.from_version = snapshot->version(), .to_version = snapshot->version()};
  options.scan.num_threads = 1;
  auto scan = OpenChanges(table, snapshot, std::move(options));
  EXPECT_THAT(scan, IsOk());
  while (scan.ok()) {
    const auto batch = (*scan)->Next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) break;
    const auto& kinds =
        static_cast<const arrow::StringArray&>(*(*batch)->GetColumnByName("_change_type"));
    for (int64_t row = 0; row < (*batch)->num_rows(); ++row)
      out.emplace_back(kinds.GetString(row), RowAt(**batch, row));
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline ExprPtr Sql(const std::string& text) {
  auto parsed = ParsePredicate(text);
  EXPECT_THAT(parsed, IsOk());
  return parsed.ok() ? *parsed : nullptr;
}

/// Writes with one thread, and copies even the smallest file where rows are taken from it.
inline DataFileOptions OneThread() {
  DataFileOptions files;
  files.num_threads = 1;
  files.min_copied_file_bytes = 0;
  return files;
}

inline SnapshotPtr AppendRows(const std::shared_ptr<Table>& table, const KeyedRows& rows,
                              StringMap properties = {}, std::vector<std::string> partition = {}) {
  WriteOptions options{
      .mode = SaveMode::kAppend, .properties = std::move(properties), .files = OneThread()};
  if (!partition.empty()) options.partition_by = std::move(partition);
  const auto written = WriteTable(table, nullptr, ReaderOf(rows), options);
  EXPECT_THAT(written, IsOk());
  return written.ok() ? written->snapshot : nullptr;
}

/// The tables that row changes are tried on.
struct TableKind {
  const char* name;
  StringMap properties;
  std::vector<std::string> partition_by;
};
inline std::vector<TableKind> TableKinds() {
  const StringMap vectors = {{"delta.enableDeletionVectors", "true"}};
  const StringMap feed = {{"delta.enableChangeDataFeed", "true"}};
  StringMap both = vectors;
  both.insert(feed.begin(), feed.end());
  StringMap tracked = feed;
  tracked["delta.enableRowTracking"] = "true";
  StringMap mapped = both;
  mapped["delta.columnMapping.mode"] = "name";
  return {{"Plain", {}, {}},
          {"Vectors", vectors, {}},
          {"Partitioned", {}, {"part"}},
          {"PartitionedVectors", vectors, {"part"}},
          {"Feed", feed, {"part"}},
          {"VectorsFeed", both, {}},
          {"TrackedFeed", tracked, {}},
          {"MappedVectorsFeed", mapped, {"part"}}};
}

}  // namespace deltaic::testing
