#include "data/actions/file_pruner.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocol/file_stats.h"

namespace deltaic {
namespace {

/// Trim() forgets all partitions once there are more.
constexpr size_t kMaxKnownPartitions = 256 * 1024;

/// The physical names along a logical path; empty if the schema lacks it.
std::vector<std::string> PhysicalPath(const Schema& schema, const std::vector<std::string>& path) {
  std::vector<std::string> out;
  const DataType* type = &schema;
  for (const std::string& name : path) {
    const StructField* field = type->id() == TypeId::kStruct ? type->FindField(name) : nullptr;
    if (field == nullptr) return {};
    out.push_back(field->physical_name());
    type = field->type.get();
  }
  return out;
}

ColumnRange StatsRange(const FileStats& stats, const std::vector<std::string>& path) {
  ColumnRange range;
  const ColumnStats* column = stats.Find(path);
  if (column == nullptr) return range;
  range.min = column->min;
  range.max = column->max;
  if (column->null_count) {
    // With wide bounds a count that is neither 0 nor all rows says nothing; it is not used here
    // then.
    range.may_have_nulls = *column->null_count != 0;
    range.may_have_values = !stats.num_records || *column->null_count != *stats.num_records;
  }
  return range;
}

}  // namespace

FilePruner::FilePruner(ExprPtr predicate, const Schema& schema,
                       const std::vector<std::string>& partition_columns, bool mapped)
    : predicate_(std::move(predicate)),
      physical_schema_(mapped ? PhysicalSchema(schema) : nullptr) {
  if (!mapped) physical_schema_ = DataType::Struct(schema.fields());
  for (const std::vector<std::string>& path : ReferencedColumns(*predicate_)) {
    const StructField* field = schema.FindField(path.front());
    if (field == nullptr) continue;
    const bool is_partition = path.size() == 1 && std::ranges::find(partition_columns, path[0]) !=
                                                      partition_columns.end();
    if (is_partition) {
      partition_names_.push_back(path[0]);
      partition_keys_.push_back(mapped ? field->physical_name() : field->name);
      partition_types_.push_back(field->type);
    } else {
      columns_.push_back(path);
      stats_paths_.push_back(mapped ? PhysicalPath(schema, path) : path);
    }
  }
}

PruningSession::PruningSession(const FilePruner& pruner) : pruner_(pruner), recent_(kRecentSlots) {}

int64_t PruningSession::Partition(Values values) {
  return values.size() == 1 && values[0] ? PartitionByText(*values[0], values)
                                         : PartitionByKey(values);
}

int64_t PruningSession::PartitionByText(std::string_view text, Values values) {
  uint64_t hash = text.size();
  for (size_t i = 0; i < text.size(); i += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, std::min(sizeof(word), text.size() - i));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  }
  Recent& recent = recent_[(hash >> 32) % kRecentSlots];
  if (recent.partition < 0 || recent.text != text) {
    recent.partition = PartitionByKey(values);
    recent.text = text;
  }
  return recent.partition;
}

int64_t PruningSession::PartitionByKey(Values values) {
  key_.clear();
  for (const std::optional<std::string_view>& value : values) {
    const uint32_t size = value ? static_cast<uint32_t>(value->size()) + 1 : 0;
    key_.append(reinterpret_cast<const char*>(&size), sizeof(size));
    if (value) key_.append(*value);
  }
  const auto known = known_.find(key_);
  if (known != known_.end()) return known->second;
  const int64_t partition = static_cast<int64_t>(partitions_.size());
  partitions_.push_back(Evaluate(values));
  known_.emplace(key_, partition);
  return partition;
}

void PruningSession::Trim() {
  if (partitions_.size() < kMaxKnownPartitions) return;
  partitions_.clear();
  known_.clear();
  recent_.assign(kRecentSlots, Recent());
}

PruningSession::PartitionState PruningSession::Evaluate(Values values) const {
  PartitionState state;
  for (size_t i = 0; i < values.size(); ++i) {
    state.ranges.push_back(
        RangeOfPartitionText(values[i] ? std::optional<std::string>(*values[i]) : std::nullopt,
                             *pruner_.partition_types_[i]));
  }
  state.may_match = MayMatch(*pruner_.predicate_, [&](const std::vector<std::string>& path) {
    return PartitionRange(state, path).value_or(ColumnRange());
  });
  return state;
}

std::optional<ColumnRange> PruningSession::PartitionRange(
    const PartitionState& state, const std::vector<std::string>& path) const {
  if (path.size() != 1) return std::nullopt;
  const auto it = std::ranges::find(pruner_.partition_names_, path[0]);
  if (it == pruner_.partition_names_.end()) return std::nullopt;
  return state.ranges[it - pruner_.partition_names_.begin()];
}

bool PruningSession::MayMatchFile(int64_t partition, std::string_view stats) const {
  if (stats.empty()) return true;
  const FileStats parsed = ParseStatsHint(stats, *pruner_.physical_schema_, pruner_.stats_paths_);
  const PartitionState& state = partitions_[partition];
  return MayMatch(*pruner_.predicate_, [&](const std::vector<std::string>& path) {
    if (const auto range = PartitionRange(state, path)) return *range;
    const auto it = std::ranges::find(pruner_.columns_, path);
    if (it == pruner_.columns_.end()) return ColumnRange();
    return StatsRange(parsed, pruner_.stats_paths_[it - pruner_.columns_.begin()]);
  });
}

}  // namespace deltaic
