#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "expr/expr.h"
#include "expr/skipping.h"
#include "protocol/schema.h"

namespace deltaic {

/// Which files a predicate can match, by their partition values and statistics. Immutable: safe
/// from any thread; the work is done by one PruningSession a thread.
class FilePruner {
 public:
  /// \param predicate  bound to `schema`.
  /// \param mapped  true if the table has column mapping: keys of partition values and statistics
  /// are physical names.
  FilePruner(ExprPtr predicate, const Schema& schema,
             const std::vector<std::string>& partition_columns, bool mapped);

  /// Keys in `partitionValues` that the predicate needs.
  const std::vector<std::string>& partition_keys() const { return partition_keys_; }
  /// True if the predicate names a column that is not a partition column.
  bool needs_stats() const { return !stats_paths_.empty(); }
  /// Physical paths of those columns, as statistics have them.
  const std::vector<std::vector<std::string>>& stats_paths() const { return stats_paths_; }

 private:
  friend class PruningSession;

  ExprPtr predicate_;
  SchemaPtr physical_schema_;
  std::vector<std::string> partition_names_;  ///< logical, parallel to partition_keys_
  std::vector<std::string> partition_keys_;
  std::vector<DataTypePtr> partition_types_;
  std::vector<std::vector<std::string>> columns_;      ///< logical paths of the other columns
  std::vector<std::vector<std::string>> stats_paths_;  ///< their physical paths
};

/// Evaluates a FilePruner, each distinct combination of partition values once. One thread at a
/// time.
class PruningSession {
 public:
  explicit PruningSession(const FilePruner& pruner);

  using Values = std::span<const std::optional<std::string_view>>;
  /// A handle for these values, in the order of partition_keys(); good until the next call of
  /// Partition().
  int64_t Partition(Values values);
  /// Frees memory where there are very many partitions; call it now and then.
  void Trim();
  bool MayMatchPartition(int64_t partition) const { return partitions_[partition].may_match; }
  /// \param stats  `add.stats`, empty if there are none. Statistics that do not parse prune
  /// nothing.
  bool MayMatchFile(int64_t partition, std::string_view stats) const;

 private:
  struct PartitionState {
    std::vector<ColumnRange> ranges;
    bool may_match = true;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  PartitionState Evaluate(Values values) const;
  std::optional<ColumnRange> PartitionRange(const PartitionState& state,
                                            const std::vector<std::string>& path) const;

  const FilePruner& pruner_;
  std::vector<PartitionState> partitions_;
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> known_;
  int64_t PartitionByText(std::string_view text, Values values);
  int64_t PartitionByKey(Values values);

  /// Where the text of a table's only partition column was found last: by a hash of its first
  /// bytes, which is cheaper than the map's.
  static constexpr size_t kRecentSlots = 4096;
  struct Recent {
    std::string text;
    int64_t partition = -1;
  };
  std::vector<Recent> recent_;
  std::string key_;  ///< scratch
};

}  // namespace deltaic
