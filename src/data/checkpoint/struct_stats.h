#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/checkpoint/checkpoint_columns.h"
#include "data/checkpoint/stats_leaf_texts.h"

namespace deltaic {

/// Statistics that a row group of a checkpoint has as a struct, `add.stats_parsed`, made into the
/// text that `add.stats` would have, so that there is one representation of them everywhere else.
/// One thread at a time.
class StructStats {
 public:
  /// Physical paths of leaf columns.
  using Columns = std::vector<std::vector<std::string>>;

  /// \param columns  of `add`; outlives this.
  /// \param wanted  whose bounds and null counts are made, beside numRecords and tightBounds;
  /// nullopt: those of all.
  StructStats(CheckpointColumns& columns, std::optional<Columns> wanted)
      : columns_(columns), wanted_(std::move(wanted)) {}

  /// `texts`, which is `add.stats` of `rows`, with nulls replaced by what the struct says. Nothing
  /// of it is read for the other rows. Rows where it says nothing stay null.
  /// \param rows  behind those of earlier calls. Damage throws parquet::ParquetException.
  Result<std::shared_ptr<arrow::Array>> FillNulls(const std::shared_ptr<arrow::Array>& texts,
                                                  const RowRanges& rows);

 private:
  /// A member of an object of `add.stats`.
  struct Member {
    std::string key;  ///< as in JSON: in quotes, with the colon
    std::unique_ptr<StatsLeafTexts> leaf;
    std::vector<Member> members;  ///< of an object
  };
  struct Finder;

  Status Open(int64_t first_row);
  void Read(const std::vector<Member>& members, const RowRanges& rows);
  static bool AppendObject(const std::vector<Member>& members, int64_t row, std::string& out);

  CheckpointColumns& columns_;
  std::optional<Columns> wanted_;
  bool opened_ = false;
  std::vector<Member> members_;
  int64_t num_leaves_ = 0;
};

}  // namespace deltaic
