#include "scan/change_source.h"

#include <algorithm>

#include "data/actions/file_pruner.h"

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
  DELTAIC_ASSIGN_OR_RETURN(const FilePlan* plan, PlanOf(values, recorded));
  if (!recorded) {
    values.emplace_back(kChangeTypeColumn, file.kind == ChangeKind::kInsert ? "insert" : "delete");
  }
  values.emplace_back(kCommitVersionColumn, std::to_string(version.value));
  values.emplace_back(kCommitTimestampColumn, commit_.timestamp);
  if (!MayMatch(*plan, values, file.stats)) return std::optional<ScanFile>();
  ++metrics_.files_selected;
  return std::optional(ScanFile{.file = {.path = std::move(file.path),
                                         .size_bytes = file.size_bytes,
                                         .partition_values = std::move(values),
                                         .deletion_vector = std::move(file.deletion_vector),
                                         .only_rows_in = std::move(file.only_rows_in)},
                                .plan = plan->plan,
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

Result<ChangeSource::FilePlan*> ChangeSource::PlanOf(const PartitionValues& values, bool recorded) {
  std::pair<std::vector<std::string>, bool> key;
  key.second = recorded;
  for (const auto& [name, value] : values) key.first.push_back(name);
  const auto known = plans_.find(key);
  if (known != plans_.end()) return &known->second;
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
  FilePlan& made = plans_[std::move(key)];
  if (spec->predicate != nullptr) {
    made.pruner = std::make_unique<const FilePruner>(
        spec->predicate, *spec->table_schema, spec->partition_columns,
        spec->column_mapping != ColumnMappingMode::kNone);
    made.session = std::make_unique<PruningSession>(*made.pruner);
  }
  DELTAIC_ASSIGN_OR_RETURN(made.plan, ReadPlan::Make(std::move(spec)));
  return &made;
}

bool ChangeSource::MayMatch(const FilePlan& plan, const PartitionValues& values,
                            std::string_view stats) {
  if (plan.pruner == nullptr) return true;
  std::vector<std::optional<std::string_view>> texts;
  for (const std::string& key : plan.pruner->partition_keys()) {
    const std::optional<std::string>* text = FindValue(values, key);
    texts.push_back(text != nullptr && *text ? std::optional<std::string_view>(**text)
                                             : std::nullopt);
  }
  plan.session->Trim();
  const int64_t partition = plan.session->Partition(texts);
  if (!plan.session->MayMatchPartition(partition)) {
    ++metrics_.files_pruned_partition;
    return false;
  }
  if (plan.session->MayMatchFile(partition, stats)) return true;
  ++metrics_.files_pruned_stats;
  return false;
}

}  // namespace deltaic
