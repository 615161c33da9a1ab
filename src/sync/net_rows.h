#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "ops/spill_file.h"

namespace deltaic {

/// What became of a row, as the column `_change_type` of a diff has it.
inline constexpr std::string_view kNetInsert = "insert";
inline constexpr std::string_view kNetUpdate = "update";
inline constexpr std::string_view kNetDelete = "delete";

/// Changes of rows, in any order, to what is left of them by key: a row that was there and is not
/// any more, one that is new, one that has other values; what ends as it began vanishes.
///
/// Of one key, the first version that names it says whether it was there before (it has a row that
/// went), and the last one what it is now: within a version a row that came beats one that went, so
/// that UPDATE may swap keys.
///
/// Beyond `max_memory_bytes` rows go to temporary files, shared out by the hash of their key; then
/// one share at a time is in memory. Add() all, then Next() until nullptr. One thread at a time.
class NetRows {
 public:
  struct Shape {
    /// Of the rows to add: the table's columns, then `_change_type` (utf8: what is not delete or
    /// update_preimage came), then `_commit_version` (int64) where `has_versions`.
    std::shared_ptr<arrow::Schema> input;
    std::vector<int> key;  ///< columns of it
    bool has_versions = false;
    /// Rows whose key is null and that came are given as inserts, all others of them forgotten;
    /// false: they are refused.
    bool null_keys = false;
    /// Without versions: of a key that is there twice, all rows that came are given, as updates;
    /// false: such keys are refused.
    bool repeated_keys = false;
    std::string where;  ///< for messages: "between versions 3 and 5"
  };

  /// \param expected_bytes  about as much will be added, in memory; decides into how many shares.
  NetRows(Shape shape, int64_t max_memory_bytes, int64_t expected_bytes);

  Status Add(const arrow::RecordBatch& rows);

  /// The columns of the table and `_change_type`: kNetInsert and kNetUpdate with the row as it is
  /// now, kNetDelete with the row as it was.
  const std::shared_ptr<arrow::Schema>& schema() const { return output_; }

  /// At most `max_rows`; nullptr at the end.
  /// \retval kConstraintViolated  a key that is null, or in more than one row of a version.
  /// \retval kUnsupported  a key of a type that has no keys.
  Result<std::shared_ptr<arrow::RecordBatch>> Next(int64_t max_rows,
                                                   const CancellationToken& cancel);

  int64_t spilled_bytes() const { return spill_.size_bytes(); }

 private:
  using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
  struct Share {
    std::vector<BatchPtr> rows;
    std::vector<SpillFile::Extent> spilled;
  };
  /// Rows that are left, of one share.
  struct Outcome {
    BatchPtr rows;
    std::vector<int64_t> numbers;  ///< deletes, then inserts, then updates
    size_t inserts_from = 0, updates_from = 0;
    size_t next = 0;
  };

  Result<BatchPtr> Normalize(const arrow::RecordBatch& rows) const;
  Status ShareOut(const BatchPtr& rows);
  Status SpillAll();
  Result<std::vector<std::shared_ptr<arrow::Array>>> KeysOf(const arrow::RecordBatch& rows) const;
  Result<BatchPtr> LoadShare(Share share) const;
  Status Join(BatchPtr rows);
  Status CheckNullKeys(const arrow::RecordBatch& rows) const;
  Status KeyTwice(const arrow::RecordBatch& rows, int64_t row) const;
  Result<BatchPtr> TakeOutcome(int64_t max_rows);

  const Shape shape_;
  const int64_t max_memory_bytes_;
  const size_t num_shares_;
  std::shared_ptr<arrow::Schema> kept_;  ///< the table's columns, then whether the row went,
                                         ///< then its version
  std::shared_ptr<arrow::Schema> output_;
  std::vector<BatchPtr> together_;  ///< while all fits in memory
  std::vector<Share> shares_;       ///< once it does not
  int64_t memory_bytes_ = 0;        ///< of together_, or of the rows in shares_
  SpillFile spill_;
  bool joined_together_ = false;
  size_t next_share_ = 0;
  Outcome outcome_;
};

}  // namespace deltaic
