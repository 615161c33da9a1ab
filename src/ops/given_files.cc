#include "ops/given_files.h"

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/made_once.h"
#include "data/actions/data_path.h"
#include "protocol/file_stats.h"
#include "protocol/partition_value.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

using PartitionTypes = std::map<std::string, DataTypePtr>;  ///< by the name in partitionValues

Result<PartitionTypes> PartitionTypesOf(const GivenFilesTarget& target) {
  PartitionTypes types;
  for (const std::string& name : target.partition_columns) {
    const StructField* field = target.schema.FindField(name);
    if (field == nullptr) return Status::Corruption("no partition column ", name);
    types[target.column_mapping == ColumnMappingMode::kNone ? name : field->physical_name()] =
        field->type;
  }
  return types;
}

Status CheckPartition(const PartitionValues& values, const PartitionTypes& types) {
  std::set<std::string_view> seen;
  for (const auto& [name, text] : values) {
    const auto type = types.find(name);
    if (type == types.end()) {
      return Status::InvalidArgument("the table is not partitioned by ", name);
    }
    if (!seen.insert(name).second) {
      return Status::InvalidArgument("two values for the partition column ", name);
    }
    const auto value = ParsePartitionValue(text, *type->second);
    if (!value.ok()) return Status::InvalidArgument(value.status().message());
  }
  for (const auto& [name, type] : types) {
    if (!seen.contains(name)) {
      return Status::InvalidArgument("no value for the partition column ", name);
    }
  }
  return Status();
}

Status CheckStats(const Add& add) {
  if (!add.stats) return Status();
  const auto& no_columns = MadeOnce([] { return DataType::Struct({}); });
  const auto stats = ParseFileStats(*add.stats, *no_columns, {});
  return stats.ok() ? Status() : Status::InvalidArgument("statistics: ", stats.status().message());
}

Status CheckFile(const ObjectStore& store, const std::string& path, int64_t size) {
  const auto file = store.Stat(path);
  if (file.status().code() == StatusCode::kNotFound) {
    return Status::InvalidArgument("there is no such file in the table's folder; write it first");
  }
  DELTAIC_RETURN_IF_ERROR(file.status());
  if (file->size_bytes == size) return Status();
  return Status::InvalidArgument("the file has ", file->size_bytes, " bytes, not ", size);
}

Status CheckAdd(const Add& add, const PartitionTypes& types) {
  if (add.deletion_vector || add.base_row_id || add.default_row_commit_version ||
      add.clustering_provider) {
    return Status::InvalidArgument(
        "deletion vectors, row ids and the clustering provider are given by the table; leave them "
        "out");
  }
  DELTAIC_RETURN_IF_ERROR(CheckPartition(add.partition_values, types));
  return CheckStats(add);
}

}  // namespace

Result<std::string> GivenFilePath(const ObjectStore& store, const std::string& log_path) {
  auto resolved = ResolveDataPath(store.root_uri(), log_path);
  if (!resolved.ok()) return Status::InvalidArgument(resolved.status().message());
  const std::string_view first = std::string_view(*resolved).substr(0, resolved->find('/'));
  const bool hidden = first.starts_with('_') || first.starts_with('.');
  if (hidden && first.find('=') == std::string_view::npos) {
    return Status::InvalidArgument("what is in ", first, " is no data of the table");
  }
  return *std::move(resolved);
}

Status CheckGivenAdds(const GivenFilesTarget& target, const std::vector<Add>& adds,
                      const CancellationToken& cancel) {
  DELTAIC_ASSIGN_OR_RETURN(const PartitionTypes types, PartitionTypesOf(target));
  std::vector<std::string> paths;
  std::set<std::string_view> seen;
  paths.reserve(adds.size());
  for (const Add& add : adds) {
    const auto path = GivenFilePath(target.store, add.path);
    Status status = path.status();
    if (status.ok()) status = CheckAdd(add, types);
    if (!status.ok()) return status.WithContext(Concat("add of ", add.path));
    if (!seen.insert(paths.emplace_back(*path)).second) {
      return Status::InvalidArgument("add of ", add.path, ": the file is added twice");
    }
  }
  return ParallelFor(static_cast<int64_t>(adds.size()), DefaultThreads(target.store.traits()),
                     [&](int64_t i) -> Status {
                       DELTAIC_RETURN_IF_ERROR(cancel.Check());
                       const auto at = static_cast<size_t>(i);
                       const Status status = CheckFile(target.store, paths[at], adds[at].size);
                       return status.ok() ? status
                                          : status.WithContext(Concat("add of ", adds[at].path));
                     });
}

}  // namespace deltaic
