#include "scan/change_source.h"

#include <algorithm>

#include "expr/skipping.h"
#include "protocol/partition_value.h"

namespace deltaic {
namespace {

const std::optional<std::string>* FindValue(const PartitionValues& values, std::string_view key) {
  for (const auto& [name, value] : values) {
    if (name == key) return &value;
  }
  return nullptr;
}

}  // namespace

Result<std::optional<ScanFile>> ChangeSource::Next() {
  for (;;) {
    while (next_file_ < commit_.changes.files.size()) {
      DELTAIC_ASSIGN_OR_RETURN(auto file, ToScan(std::move(commit_.changes.files[next_file_++])));
      if (file) return file;
    }
    DELTAIC_ASSIGN_OR_RETURN(auto commit, commits_->Next());
    if (!commit) return std::optional<ScanFile>();
    commit_ = *std::move(commit);
    next_file_ = 0;
  }
}

Result<std::optional<ScanFile>> ChangeSource::ToScan(ChangedFile&& file) {
  const Version version = commit_.changes.version;
  ++metrics_.files_total;
  DELTAIC_RETURN_IF_ERROR(CheckPartitionValues(file));
  PartitionValues values = std::move(file.partition_values).value_or(PartitionValues());
  const bool recorded = file.kind == ChangeKind::kRecorded;
  DELTAIC_ASSIGN_OR_RETURN(auto plan, PlanOf(values, recorded));
  if (!recorded) {
    values.emplace_back(kChangeTypeColumn, file.kind == ChangeKind::kInsert ? "insert" : "delete");
  }
  values.emplace_back(kCommitVersionColumn, std::to_string(version.value));
  values.emplace_back(kCommitTimestampColumn, commit_.timestamp);
  if (!MayMatchFile(*plan, values)) {
    ++metrics_.files_pruned_partition;
    return std::optional<ScanFile>();
  }
  ++metrics_.files_selected;
  return std::optional(ScanFile{.file = {.path = std::move(file.path),
                                         .size_bytes = file.size_bytes,
                                         .partition_values = std::move(values),
                                         .deletion_vector = std::move(file.deletion_vector),
                                         .only_rows_in = std::move(file.only_rows_in)},
                                .plan = std::move(plan),
                                .changed_in = version});
}

/// What a commit adds has the partition columns of that version; what it removes may be older, and
/// have others.
Status ChangeSource::CheckPartitionValues(const ChangedFile& file) const {
  const auto problem = [&](std::string_view what) {
    return Status::Corruption("the changes of version ", commit_.changes.version.value,
                              " cannot be read: the log gives no ", what, " for ", file.path);
  };
  if (!file.partition_values) {
    if (commit_.partition_keys->empty()) return Status();
    return problem("partitionValues");
  }
  if (file.kind == ChangeKind::kDelete) return Status();
  for (const std::string& key : *commit_.partition_keys) {
    if (FindValue(*file.partition_values, key) == nullptr)
      return problem(Concat("value of partition column ", key));
  }
  return Status();
}

Result<std::shared_ptr<const ReadPlan>> ChangeSource::PlanOf(const PartitionValues& values,
                                                             bool recorded) {
  std::pair<std::vector<std::string>, bool> key;
  key.second = recorded;
  for (const auto& [name, value] : values) key.first.push_back(name);
  const auto known = plans_.find(key);
  if (known != plans_.end()) return known->second;
  auto spec = std::make_shared<DataReadSpec>(*spec_);
  spec->partition_columns = {std::string(kCommitVersionColumn),
                             std::string(kCommitTimestampColumn)};
  (recorded ? spec->columns_of_files : spec->partition_columns).emplace_back(kChangeTypeColumn);
  for (const StructField& field : spec->table_schema->fields()) {
    const bool mapped = spec->column_mapping != ColumnMappingMode::kNone;
    if (std::ranges::find(key.first, mapped ? field.physical_name() : field.name) !=
        key.first.end()) {
      spec->partition_columns.push_back(field.name);
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(auto plan, ReadPlan::Make(std::move(spec)));
  plans_.emplace(std::move(key), plan);
  return plan;
}

bool ChangeSource::MayMatchFile(const ReadPlan& plan, const PartitionValues& values) const {
  if (spec_->predicate == nullptr) return true;
  return MayMatch(*spec_->predicate, [&](const std::vector<std::string>& path) {
    const auto column = std::ranges::find_if(
        plan.columns, [&](const PlannedColumn& c) { return c.field.name == path.front(); });
    if (column == plan.columns.end() || !column->is_partition) return ColumnRange();
    const std::optional<std::string>* text = FindValue(values, column->partition_key);
    if (text == nullptr) return ColumnRange();
    const Result<Value> value = ParsePartitionValue(*text, *column->field.type);
    // A value that does not parse is reported where it is read, not here.
    return value.ok() ? RangeOfValue(*value) : ColumnRange();
  });
}

}  // namespace deltaic
