#include "ops/commit_files.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "data/actions/file_actions.h"
#include "data/values/type_mapping.h"
#include "expr/bind.h"
#include "ops/given_files.h"
#include "ops/identity_column.h"
#include "ops/operation_parameters.h"
#include "ops/partition_match.h"
#include "ops/remove_files.h"
#include "ops/row_sink.h"
#include "ops/table_definition.h"
#include "ops/table_schema.h"
#include "protocol/schema_json.h"
#include "table/clock.h"

namespace deltaic {
namespace {

Status CheckCountsNoRows(const Table& table, const Schema& schema) {
  for (const StructField& field : schema.fields()) {
    DELTAIC_ASSIGN_OR_RETURN(const auto identity, IdentityColumn::Of(field));
    if (!identity) continue;
    return Status::Unsupported("the identity column ", field.name, " of ", table.uri(),
                               " gets its values with each commit, so that files for it cannot be "
                               "written ahead of one; use a plain write");
  }
  return Status();
}

/// Properties that say what rows may be, or how files hold them.
StringMap FileRules(const Metadata& metadata) {
  static constexpr std::string_view kPrefixes[] = {
      "delta.constraints.", "delta.columnMapping.mode", "delta.enableIcebergCompat",
      "delta.enableMaterializePartitionColumns", "delta.enableVariantShredding"};
  StringMap rules;
  for (const auto& [key, value] : metadata.configuration) {
    const auto names = [&key](std::string_view prefix) { return key.starts_with(prefix); };
    if (std::ranges::any_of(kPrefixes, names)) rules.emplace(key, value);
  }
  return rules;
}

bool TakesSameFiles(const Metadata& a, const Metadata& b) {
  return a.schema_string == b.schema_string && a.partition_columns == b.partition_columns &&
         FileRules(a) == FileRules(b);
}

Status CheckTable(const Table& table, const Snapshot& snapshot, const FileList& files) {
  for (const FileListOrigin& origin : files.origins) {
    if (origin.table_id == snapshot.metadata().id) continue;
    return Status::InvalidArgument("the files were written for another table than ", table.uri(),
                                   " (metadata id ", origin.table_id, ", not ",
                                   snapshot.metadata().id, ")");
  }
  return Status();
}

/// One CommitFiles call.
class FilesCommit {
 public:
  FilesCommit(std::shared_ptr<Table> table, SnapshotPtr snapshot, const CommitFilesOptions& options)
      : table_(std::move(table)), snapshot_(std::move(snapshot)), options_(options) {
    result_.snapshot = snapshot_;
  }

  Result<CommitFilesResult> Run() {
    DELTAIC_ASSIGN_OR_RETURN(result_.was_there, IsThere());
    if (result_.was_there) return result_;
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    DELTAIC_RETURN_IF_ERROR(CheckList());
    DELTAIC_RETURN_IF_ERROR(PlanSchema(transaction));
    DELTAIC_RETURN_IF_ERROR(CheckOrigins());
    const GivenFilesTarget target{.store = *table_->store(),
                                  .schema = *schema_,
                                  .partition_columns = snapshot_->metadata().partition_columns,
                                  .column_mapping = snapshot_->column_mapping()};
    DELTAIC_RETURN_IF_ERROR(CheckGivenAdds(target, options_.files.adds, options_.cancel));
    DELTAIC_RETURN_IF_ERROR(StageRemoves(transaction));
    result_.num_added_files = static_cast<int64_t>(options_.files.adds.size());
    DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(options_.files.adds));
    for (const Txn& txn : options_.transactions) {
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(txn));
    }
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    return Commit(std::move(transaction));
  }

 private:
  Result<CommitFilesResult> Commit(Transaction transaction) {
    const Result<CommitResult> committed = std::move(transaction).Commit(Spec());
    if (committed.status().code() == StatusCode::kConflict && !options_.transactions.empty()) {
      // The same call by somebody else may have won.
      DELTAIC_ASSIGN_OR_RETURN(snapshot_, table_->Load());
      DELTAIC_ASSIGN_OR_RETURN(const bool is_there, IsThere());
      if (is_there)
        return CommitFilesResult{.was_there = true, .version = {}, .snapshot = snapshot_};
    }
    DELTAIC_RETURN_IF_ERROR(committed.status());
    result_.version = committed->version;
    result_.snapshot = committed->snapshot;
    result_.num_retries = committed->num_retries;
    return result_;
  }

  Result<bool> IsThere() const {
    for (const Txn& txn : options_.transactions) {
      DELTAIC_ASSIGN_OR_RETURN(const auto known, snapshot_->TransactionOf(txn.app_id));
      if (!known || known->version < txn.version) return false;
    }
    return !options_.transactions.empty();
  }

  Status CheckList() const {
    const FileList& files = options_.files;
    if (options_.replace_where != nullptr && !options_.overwrite) {
      return Status::InvalidArgument("replace_where goes with mode overwrite only");
    }
    if (options_.overwrite && !files.removes.empty()) {
      return Status::InvalidArgument(
          "an overwrite finds by itself which files go; leave the removes out, or append");
    }
    std::set<std::string_view> added;
    for (const Add& add : files.adds) added.insert(add.path);
    for (const Remove& remove : files.removes) {
      if (!added.contains(remove.path)) continue;
      return Status::InvalidArgument("the file ", remove.path, " is both added and removed");
    }
    DELTAIC_RETURN_IF_ERROR(CheckTable(*table_, *snapshot_, files));
    DELTAIC_RETURN_IF_ERROR(CheckCountsNoRows(*table_, *snapshot_->schema()));
    const int iceberg = snapshot_->properties().iceberg_compat_version;
    if (iceberg == 0 || files.adds.empty() || !files.origins.empty()) return Status();
    return Status::Unsupported("table ", table_->uri(),
                               " keeps its files readable for Iceberg (delta.enableIcebergCompatV",
                               iceberg, "): files of other writers cannot be committed to it");
  }

  /// Stages the new columns, where there are some.
  Status PlanSchema(Transaction& transaction) {
    schema_ = snapshot_->schema();
    if (options_.schema == nullptr) return Status();
    if (!options_.overwrite || options_.replace_where != nullptr) {
      return Status::InvalidArgument(
          "columns change only where all files of the table are overwritten");
    }
    SchemaPtr wanted = KeepFieldMetadata(DropColumnIds(options_.schema), *schema_);
    if (wanted->Equals(*schema_)) return Status();
    if (snapshot_->column_mapping() != ColumnMappingMode::kNone ||
        !options_.files.origins.empty()) {
      return Status::Unsupported(
          "other columns come with files of other writers only, and without column mapping; "
          "overwrite rows and schema by a plain write");
    }
    DELTAIC_ASSIGN_OR_RETURN(
        TableDefinition changed,
        ChangeSchema(TableDefinition{snapshot_->metadata(), snapshot_->protocol()}, wanted,
                     snapshot_->metadata().partition_columns));
    DELTAIC_ASSIGN_OR_RETURN(schema_, ParseSchema(changed.metadata.schema_string));
    if (!(changed.protocol == snapshot_->protocol())) {
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(changed.protocol)));
    }
    return transaction.Stage(std::move(changed.metadata));
  }

  /// That the columns and rules are those that the files were written by.
  Status CheckOrigins() const {
    std::set<int64_t> versions;
    for (const FileListOrigin& origin : options_.files.origins) {
      if (origin.version != snapshot_->version()) versions.insert(origin.version.value);
    }
    for (const int64_t version : versions) {
      const Result<SnapshotPtr> then = table_->Load(Version{version});
      if (then.status().code() == StatusCode::kNotFound) {
        return Status::Conflict("files were written for version ", version, " of ", table_->uri(),
                                ", which is not in the log any more, so that nobody knows what has "
                                "changed since; write them again");
      }
      DELTAIC_RETURN_IF_ERROR(then.status());
      if (TakesSameFiles((*then)->metadata(), snapshot_->metadata())) continue;
      return Status::Conflict("files were written for version ", version, " of ", table_->uri(),
                              ", whose columns or rules have changed until version ",
                              snapshot_->version().value, "; write them again");
    }
    return Status();
  }

  /// What is overwritten, and what the caller removes.
  Status StageRemoves(Transaction& transaction) {
    std::map<std::string, bool> given;  // path, dataChange
    for (const Remove& remove : options_.files.removes) {
      if (given.insert_or_assign(remove.path, remove.data_change).second) continue;
      return Status::InvalidArgument("the file ", remove.path, " is removed twice");
    }
    std::set<std::string_view> added;
    for (const Add& add : options_.files.adds) added.insert(add.path);
    std::optional<PartitionMatch> match;
    if (options_.overwrite) {
      DELTAIC_RETURN_IF_ERROR(NoteOverwrite(transaction, match));
    } else if (given.empty()) {
      transaction.reads().blind_append = true;
      return CheckNotLive(added);
    } else {
      transaction.DoesNotPreserveRowIds();
    }
    const int64_t now_ms = NowMs();
    DELTAIC_ASSIGN_OR_RETURN(auto files,
                             snapshot_->ListFiles(FileListOptions{.cancel = options_.cancel}));
    const auto is_removed = [&](const Add& add) -> Result<bool> {
      if (const auto at = given.find(add.path); at != given.end()) {
        transaction.reads().read_files.insert(
            add.path, add.deletion_vector ? add.deletion_vector->UniqueId() : std::string());
        const bool data_change = at->second;
        given.erase(at);
        if (data_change) return true;
        // Staged here, since it says that rows stay.
        Remove remove = RemoveOf(add, now_ms);
        remove.data_change = false;
        DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(remove)));
        ++result_.num_removed_files;
        return false;
      }
      if (added.contains(add.path)) return IsLive(add.path);
      if (!options_.overwrite) return false;
      return match ? match->Matches(add.partition_values) : Result<bool>(true);
    };
    DELTAIC_ASSIGN_OR_RETURN(const RemovedFiles removed,
                             StageRemovals(*files, now_ms, transaction, is_removed));
    result_.num_removed_files += removed.num_files;
    if (given.empty()) return Status();
    return Status::InvalidArgument("the file ", given.begin()->first,
                                   " is to be removed, but is no file of version ",
                                   snapshot_->version().value);
  }

  /// A file that is live already is not added again: its rows would be counted twice.
  Status CheckNotLive(const std::set<std::string_view>& added) const {
    DELTAIC_ASSIGN_OR_RETURN(
        auto files, snapshot_->ListFiles(FileListOptions{.columns = FileColumns::PathOnly(),
                                                         .cancel = options_.cancel}));
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
      if (batch == nullptr) return Status();
      const auto& paths = static_cast<const arrow::StringArray&>(*batch->column(0));
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        if (added.contains(paths.GetView(row))) return IsLive(paths.GetString(row));
      }
    }
  }

  static Status IsLive(std::string_view path) {
    return Status::InvalidArgument("add of ", path, ": the file is part of the table already");
  }

  Status NoteOverwrite(Transaction& transaction, std::optional<PartitionMatch>& match) const {
    if (options_.replace_where == nullptr) {
      transaction.reads().read_whole_table = true;
      return Status();
    }
    DELTAIC_ASSIGN_OR_RETURN(const ExprPtr predicate,
                             BindPredicate(options_.replace_where, *snapshot_->schema(),
                                           {.now_micros = NowMs() * 1000}));
    if (!NamesPartitionsOnly(*predicate, snapshot_->metadata().partition_columns)) {
      return Status::InvalidArgument("files can be overwritten by partition only; ",
                                     predicate->ToSql(), " names other columns");
    }
    match.emplace(predicate, *snapshot_);
    for (const Add& add : options_.files.adds) {
      DELTAIC_ASSIGN_OR_RETURN(const bool inside, match->Matches(add.partition_values));
      if (inside) continue;
      return Status::InvalidArgument("add of ", add.path, ": the file is of a partition that ",
                                     predicate->ToSql(), " does not overwrite");
    }
    transaction.reads().read_predicates.push_back(predicate);
    return Status();
  }

  CommitSpec Spec() const {
    CommitSpec spec = options_.commit;
    spec.cancel = options_.cancel;
    if (spec.operation.empty()) spec.operation = "WRITE";
    if (spec.parameters.empty()) {
      spec.parameters = {{"mode", JsonText(options_.overwrite ? "Overwrite" : "Append")},
                         {"partitionBy", JsonListAsText(snapshot_->metadata().partition_columns)}};
      if (options_.replace_where != nullptr) {
        spec.parameters.emplace_back("predicate", JsonText(options_.replace_where->ToSql()));
      }
    }
    if (spec.metrics.empty()) {
      spec.metrics = {{"numFiles", std::to_string(result_.num_added_files)},
                      {"numRemovedFiles", std::to_string(result_.num_removed_files)}};
    }
    return spec;
  }

  const std::shared_ptr<Table> table_;
  SnapshotPtr snapshot_;
  const CommitFilesOptions& options_;
  SchemaPtr schema_;  ///< after the commit
  CommitFilesResult result_;
};

/// kInvalidArgument where `files` has one of `paths`.
Status CheckNotOfTable(FileStream& files, const std::set<std::string>& paths,
                       const ObjectStore& store) {
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files.Next());
    if (batch == nullptr) return Status();
    const auto& column = static_cast<const arrow::StringArray&>(*batch->GetColumnByName("path"));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const auto path = GivenFilePath(store, std::string(column.GetView(row)));
      if (!path.ok() || !paths.contains(*path)) continue;
      return Status::InvalidArgument("the file ", *path,
                                     " belongs to the table, so nothing is deleted");
    }
  }
}

}  // namespace

Result<WrittenFiles> WriteFiles(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                arrow::RecordBatchReader& input, const WriteFilesOptions& options) {
  if (base == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(base, table->Load());
  }
  // For what it refuses: nothing is staged.
  DELTAIC_RETURN_IF_ERROR(AsStatus(Transaction::Start(table, base)));
  DELTAIC_RETURN_IF_ERROR(CheckCountsNoRows(*table, *base->schema()));
  DELTAIC_ASSIGN_OR_RETURN(
      auto sink, RowSink::Make(table->store(), TargetOf(*base), options.files, options.cancel));
  DELTAIC_RETURN_IF_ERROR(sink->WriteAll(input, RowOrigin::kSupplied));
  DELTAIC_ASSIGN_OR_RETURN(const SinkResult written, sink->Finish());
  return WrittenFiles{
      .list = FormatFileList({base->metadata().id, base->version()}, ToAdds(written.files)),
      .num_files = static_cast<int64_t>(written.files.size()),
      .num_rows = written.num_rows,
      .num_bytes = written.num_bytes};
}

Result<CommitFilesResult> CommitFiles(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                      const CommitFilesOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(base, base == nullptr ? table->Load() : table->Refresh(base));
  return FilesCommit(table, std::move(base), options).Run();
}

Result<int64_t> DiscardFiles(const Table& table, const FileList& files,
                             const CancellationToken& cancel) {
  if (!files.removes.empty()) {
    return Status::InvalidArgument(
        "only files that are added can be discarded; leave the removes "
        "out");
  }
  DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, table.Load());
  DELTAIC_RETURN_IF_ERROR(CheckTable(table, *snapshot, files));
  std::set<std::string> paths;
  for (const Add& add : files.adds) {
    DELTAIC_ASSIGN_OR_RETURN(std::string path, GivenFilePath(*table.store(), add.path));
    paths.insert(std::move(path));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto live, snapshot->ListFiles(FileListOptions{.cancel = cancel}));
  DELTAIC_RETURN_IF_ERROR(CheckNotOfTable(*live, paths, *table.store()));
  DELTAIC_ASSIGN_OR_RETURN(auto removed, snapshot->ListTombstones(TimestampMs{NowMs()}));
  DELTAIC_RETURN_IF_ERROR(CheckNotOfTable(*removed, paths, *table.store()));
  const std::vector<std::string> list(paths.begin(), paths.end());
  DELTAIC_RETURN_IF_ERROR(table.store()->DeleteMany(list));
  return static_cast<int64_t>(list.size());
}

}  // namespace deltaic
