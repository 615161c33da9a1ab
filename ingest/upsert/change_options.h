#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deltaic::ingest {

/// What messages are to a table.
enum class ChangeMode {
  kAppend,     ///< rows
  kUpsert,     ///< the newest row of its key; none deletes it
  kDebezium,   ///< Debezium's envelopes, which put and delete rows by key
  kChangelog,  ///< the same, appended: each change is a row, with its `_op`
};

struct ChangeOptions {
  ChangeMode mode = ChangeMode::kAppend;
  std::vector<std::string> key_columns;
  std::string sequence_by;        ///< a column: rows with a smaller value change nothing
  bool ignores_truncate = false;  ///< else a TRUNCATE ends the run
  bool null_for_missing = false;  ///< for a new row's value that did not come; else it ends the run

  bool by_key() const { return mode == ChangeMode::kUpsert || mode == ChangeMode::kDebezium; }
};

/// Beside the columns of the table, in rows that change others: 1 puts the row, 0 deletes its key.
inline constexpr std::string_view kPutColumn = "__deltaic_put";
/// What happened, in rows of ChangeMode::kChangelog: c, u, d or r, as Debezium has it.
inline constexpr std::string_view kOpColumn = "_op";
/// What Debezium sends instead of a large value that did not change.
inline constexpr std::string_view kUnavailable = "__debezium_unavailable_value";
/// The same for bytes, which JSON has in base64.
inline constexpr std::string_view kUnavailableBytes = "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==";

}  // namespace deltaic::ingest
