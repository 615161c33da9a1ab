#include "log/read_match.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "expr/skipping.h"
#include "protocol/file_stats.h"
#include "protocol/partition_value.h"

namespace deltaic {
namespace {

/// The entry for `field`: by physical name under column mapping, which not every writer sticks to.
const std::optional<std::string>* FindPartitionText(const Add& add, const StructField& field) {
  for (const std::string& key : {field.physical_name(), field.name}) {
    for (const auto& [name, text] : add.partition_values) {
      if (name == key) return &text;
    }
  }
  return nullptr;
}

/// All that is known of a partition column in `add`.
ColumnRange PartitionRange(const Add& add, const Schema& schema, const std::string& column) {
  const StructField* field = schema.FindField(column);
  const auto* text = field == nullptr ? nullptr : FindPartitionText(add, *field);
  if (text == nullptr) return ColumnRange{};
  const Result<Value> value = ParsePartitionValue(*text, *field->type);
  return value.ok() ? RangeOfValue(*value) : ColumnRange{};
}

/// A struct that holds nothing but the column at `path`, by physical names, which `physical` gets;
/// nullptr where the schema lacks it.
DataTypePtr PhysicalColumn(const DataType& type, std::span<const std::string> path,
                           std::vector<std::string>& physical) {
  const StructField* field = type.id() == TypeId::kStruct ? type.FindField(path.front()) : nullptr;
  if (field == nullptr) return nullptr;
  physical.push_back(field->physical_name());
  const DataTypePtr inner =
      path.size() == 1 ? field->type : PhysicalColumn(*field->type, path.subspan(1), physical);
  if (inner == nullptr) return nullptr;
  return DataType::Struct({{.name = physical[physical.size() - path.size()], .type = inner}});
}

ColumnRange StatsRange(const Add& add, const Schema& schema, const std::vector<std::string>& path) {
  std::vector<std::string> physical;
  const DataTypePtr column = PhysicalColumn(schema, path, physical);
  if (column == nullptr || !add.stats) return ColumnRange{};
  const Result<FileStats> stats = ParseFileStats(*add.stats, *column, {physical});
  const ColumnStats* known = stats.ok() ? stats->Find(physical) : nullptr;
  if (known == nullptr) return ColumnRange{};
  ColumnRange range{.min = known->min, .max = known->max};
  if (known->null_count) {
    // With wide bounds a count that is neither 0 nor all rows says nothing.
    range.may_have_nulls = *known->null_count != 0;
    range.may_have_values = !stats->num_records || *known->null_count != *stats->num_records;
  }
  return range;
}

}  // namespace

bool MayHaveBeenRead(const StagedCommit& mine, const Add& add) {
  if (mine.reads.read_whole_table) return true;
  const Schema* schema = mine.read_schema.get();
  const auto& partitions = mine.read_partition_columns;
  const RangeLookup ranges = [&](const std::vector<std::string>& path) {
    const bool is_partition =
        path.size() == 1 && std::ranges::find(partitions, path.front()) != partitions.end();
    return is_partition ? PartitionRange(add, *schema, path.front())
                        : StatsRange(add, *schema, path);
  };
  return std::ranges::any_of(mine.reads.read_predicates, [&](const ExprPtr& predicate) {
    return predicate == nullptr || schema == nullptr || MayMatch(*predicate, ranges);
  });
}

}  // namespace deltaic
