#include "ops/write.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "data/values/type_mapping.h"
#include "expr/bind.h"
#include "ops/column_filler.h"
#include "ops/operation_parameters.h"
#include "ops/partition_match.h"
#include "ops/remove_files.h"
#include "ops/row_change_support.h"
#include "ops/row_replacement.h"
#include "ops/row_sink.h"
#include "ops/uncommitted_files.h"
#include "ops/write_plan.h"
#include "protocol/partition_value.h"
#include "protocol/schema_json.h"
#include "storage/arrow_status.h"
#include "table/clock.h"

namespace deltaic {
namespace {

/// The table as it is, nullptr where there is none.
Result<SnapshotPtr> LoadIfExists(const Table& table) {
  Result<SnapshotPtr> snapshot = table.Load();
  if (snapshot.status().code() == StatusCode::kNotFound) return SnapshotPtr();
  return snapshot;
}

std::string_view ModeName(SaveMode mode) {
  switch (mode) {
    case SaveMode::kAppend:
      return "Append";
    case SaveMode::kOverwrite:
      return "Overwrite";
    case SaveMode::kIgnore:
      return "Ignore";
    case SaveMode::kError:
      break;
  }
  return "ErrorIfExists";
}

/// True if files written for a new table can be added to one that has come to be meanwhile: the
/// same columns, in the same folders, and no rule that their rows were not checked by.
bool FilesFitTable(const WritePlan& created, const WritePlan& table) {
  const bool unmapped = created.column_mapping == ColumnMappingMode::kNone &&
                        table.column_mapping == ColumnMappingMode::kNone;
  const bool has_constraints = std::ranges::any_of(table.configuration, [](const auto& property) {
    return property.first.starts_with("delta.constraints.");
  });
  if (!unmapped || has_constraints || created.partition_columns != table.partition_columns) {
    return false;
  }
  size_t found = 0;
  for (const StructField& field : table.schema->fields()) {
    const StructField* written = created.schema->FindField(field.name);
    const bool left_out = written == nullptr || written->name != field.name;
    if (left_out ? !field.nullable || !field.metadata.empty() : !(*written == field)) return false;
    if (!left_out) ++found;
  }
  return found == created.schema->fields().size();
}

/// Conflicts are looked for partition by partition up to this many.
constexpr size_t kMostPartitionPredicates = 1000;

PartitionValues Sorted(PartitionValues values) {
  std::sort(values.begin(), values.end());
  return values;
}

const StructField* FieldOf(const Schema& schema, const std::string& physical_name) {
  for (const StructField& field : schema.fields()) {
    if (field.physical_name() == physical_name || field.name == physical_name) return &field;
  }
  return nullptr;
}

/// The values as this build writes them, in one order: other writers have other texts for the same
/// value.
Result<PartitionValues> SameValues(const PartitionValues& values, const Schema& schema) {
  PartitionValues out;
  for (const auto& [name, text] : values) {
    const StructField* field = FieldOf(schema, name);
    if (field == nullptr) continue;
    DELTAIC_ASSIGN_OR_RETURN(const Value value, ParsePartitionValue(text, *field->type));
    out.emplace_back(name, FormatPartitionValue(value, *field->type));
  }
  return Sorted(std::move(out));
}

/// True of the rows with these partition values.
Result<ExprPtr> PartitionPredicate(const PartitionValues& values, const Schema& schema) {
  ExprPtr all;
  for (const auto& [name, text] : values) {
    const StructField* field = FieldOf(schema, name);
    if (field == nullptr) return Status::Internal("no partition column ", name);
    DELTAIC_ASSIGN_OR_RETURN(Value value, ParsePartitionValue(text, *field->type));
    all = Expr::And(std::move(all), Expr::Call(Function::kNullSafeEqual,
                                               {Expr::Column({field->name}),
                                                Expr::Literal(std::move(value), field->type)}));
  }
  return BindPredicate(all, schema);
}

/// One WriteTable call over a loaded table.
class TableWrite {
 public:
  TableWrite(std::shared_ptr<Table> table, SnapshotPtr snapshot, const WriteOptions& options)
      : table_(std::move(table)), snapshot_(std::move(snapshot)), options_(options) {}

  Result<WriteResult> Run(arrow::RecordBatchReader& input) {
    DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr data_schema, FromArrowSchema(*input.schema()));
    DELTAIC_ASSIGN_OR_RETURN(plan_, PlanWrite(snapshot_, data_schema, options_));
    if (plan_.replaced_predicate != nullptr) return ReplaceRows(input);
    // Before any file is written: it refuses tables that this build must not write.
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    UncommittedFiles uncommitted(table_->store());
    DELTAIC_ASSIGN_OR_RETURN(const SinkResult written, WriteRows(input, transaction));
    uncommitted.Add(written.files);
    Result<WriteResult> result = Commit(std::move(transaction), written);
    if (snapshot_ == nullptr && result.status().code() == StatusCode::kAlreadyExists) {
      result = CommitAfterCreation(data_schema, written, result.status());
    }
    // A write that is skipped in the end has written for nothing.
    if (!result.ok() || !result->skipped) uncommitted.Settle(result.status());
    return result;
  }

 private:
  /// Overwrites rows where others of their files stay.
  Result<WriteResult> ReplaceRows(arrow::RecordBatchReader& input) {
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, StartRowChange(table_, snapshot_));
    RowReplacement replacement(snapshot_, plan_, options_);
    DELTAIC_ASSIGN_OR_RETURN(const ReplacedRows replaced, replacement.Run(input, transaction));
    const RowChangeCounts& changed = replaced.changed;
    WriteResult result{.num_added_files = changed.num_added_files,
                       .num_removed_files = changed.num_removed_files,
                       .num_added_rows = changed.num_put_rows,
                       .num_added_bytes = changed.num_added_bytes};
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    DELTAIC_RETURN_IF_ERROR(StageTable(replaced.advanced_schema, transaction));
    const Status committed = CommitStaged(
        std::move(transaction),
        {.num_files = changed.num_removed_files, .num_bytes = changed.num_removed_bytes}, &changed,
        result);
    replacement.Settle(committed);
    DELTAIC_RETURN_IF_ERROR(committed);
    return result;
  }

  /// What becomes of a write that created the table, where another writer did so first.
  Result<WriteResult> CommitAfterCreation(const SchemaPtr& data_schema, const SinkResult& written,
                                          const Status& lost) {
    if (options_.mode == SaveMode::kError) return lost;
    DELTAIC_ASSIGN_OR_RETURN(snapshot_, table_->Load());
    if (options_.mode == SaveMode::kIgnore) {
      WriteResult result{.skipped = true};
      result.snapshot = snapshot_;
      return result;
    }
    const auto conflict = [&](std::string_view why) {
      return Status::Conflict("this write of ", table_->uri(),
                              " was to create the table, which another writer did first, and ", why,
                              "; run it again on the newest version");
    };
    if (options_.mode != SaveMode::kAppend) return conflict("whose rows it did not read");
    const WritePlan created = std::move(plan_);
    Result<WritePlan> plan = PlanWrite(snapshot_, data_schema, options_);
    if (!plan.ok()) return conflict(plan.status().message());
    if (!FilesFitTable(created, *plan)) return conflict("with columns that its rows do not fit");
    plan_ = *std::move(plan);
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    return Commit(std::move(transaction), written);
  }

  Result<SinkResult> WriteRows(arrow::RecordBatchReader& input, Transaction& transaction) {
    RowSinkTarget target{.files = DataFileTarget{.schema = plan_.schema,
                                                 .partition_columns = plan_.partition_columns,
                                                 .column_mapping = plan_.column_mapping,
                                                 .properties = plan_.properties,
                                                 .clustering_columns = plan_.clustering_columns,
                                                 .shreds_variants = plan_.shreds_variants},
                         .configuration = plan_.configuration,
                         .condition = plan_.replace_where};
    DELTAIC_ASSIGN_OR_RETURN(auto sink, RowSink::Make(table_->store(), std::move(target),
                                                      options_.files, options_.cancel));
    DELTAIC_RETURN_IF_ERROR(sink->WriteAll(input, RowOrigin::kSupplied));
    transaction.LookAhead();
    return sink->Finish();
  }

  Result<WriteResult> Commit(Transaction transaction, const SinkResult& written) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    WriteResult result{.num_added_files = static_cast<int64_t>(written.files.size()),
                       .num_added_rows = written.num_rows,
                       .num_added_bytes = written.num_bytes};
    DELTAIC_RETURN_IF_ERROR(StageTable(written.advanced_schema, transaction));
    RemovedFiles removed;
    if (snapshot_ != nullptr && options_.mode == SaveMode::kOverwrite) {
      DELTAIC_ASSIGN_OR_RETURN(removed, StageReplaced(written.files, transaction));
    } else {
      transaction.reads().blind_append = true;
    }
    result.num_removed_files = removed.num_files;
    DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(ToAdds(written.files)));

    DELTAIC_RETURN_IF_ERROR(CommitStaged(std::move(transaction), removed, nullptr, result));
    return result;
  }

  /// \param changed  of a replacement of rows.
  Status CommitStaged(Transaction transaction, const RemovedFiles& removed,
                      const RowChangeCounts* changed, WriteResult& result) const {
    DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed,
                             std::move(transaction).Commit(SpecFor(result, removed, changed)));
    result.version = committed.version;
    result.snapshot = committed.snapshot;
    result.num_retries = committed.num_retries;
    return Status();
  }

  /// All that is staged besides files. Identity columns remember the values given out in the
  /// table's schema.
  Status StageTable(const SchemaPtr& advanced_schema, Transaction& transaction) const {
    if (plan_.protocol) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*plan_.protocol));
    std::optional<Metadata> metadata = plan_.metadata;
    if (advanced_schema != nullptr) {
      if (!metadata) metadata = snapshot_->metadata();
      metadata->schema_string = FormatSchema(*WithHighWaterMarks(plan_.schema, *advanced_schema));
    }
    if (metadata) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*std::move(metadata)));
    if (plan_.clustering) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*plan_.clustering));
    for (const Txn& txn : options_.transactions) {
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(txn));
    }
    return Status();
  }

  Result<RemovedFiles> StageReplaced(const std::vector<WrittenFile>& written,
                                     Transaction& transaction) const {
    const int64_t now_ms = NowMs();
    if (options_.dynamic_partitions && !plan_.partition_columns.empty()) {
      return StageReplacedPartitions(written, now_ms, transaction);
    }
    if (plan_.replace_where == nullptr) {
      transaction.reads().read_whole_table = true;
      DELTAIC_ASSIGN_OR_RETURN(auto files, snapshot_->ListFiles(FileListOptions()));
      return StageRemovals(*files, now_ms, transaction);
    }
    transaction.reads().read_predicates.push_back(plan_.replace_where);
    DELTAIC_ASSIGN_OR_RETURN(
        auto files, snapshot_->ListFiles(FileListOptions{.predicate = plan_.replace_where}));
    PartitionMatch match(plan_.replace_where, *snapshot_);
    return StageRemovals(*files, now_ms, transaction, [&](const Add& add) -> Result<bool> {
      return match.Matches(add.partition_values);
    });
  }

  /// Removes the files of every partition that `written` has a file of.
  Result<RemovedFiles> StageReplacedPartitions(const std::vector<WrittenFile>& written,
                                               int64_t now_ms, Transaction& transaction) const {
    std::set<PartitionValues> partitions;
    for (const WrittenFile& file : written) partitions.insert(Sorted(file.partition_values));
    if (partitions.size() > kMostPartitionPredicates) {
      transaction.reads().read_whole_table = true;
    } else {
      for (const PartitionValues& values : partitions) {
        DELTAIC_ASSIGN_OR_RETURN(ExprPtr predicate, PartitionPredicate(values, *plan_.schema));
        transaction.reads().read_predicates.push_back(std::move(predicate));
      }
    }
    DELTAIC_ASSIGN_OR_RETURN(auto files, snapshot_->ListFiles(FileListOptions()));
    return StageRemovals(*files, now_ms, transaction, [&](const Add& add) -> Result<bool> {
      DELTAIC_ASSIGN_OR_RETURN(const auto same, SameValues(add.partition_values, *plan_.schema));
      return partitions.contains(same);
    });
  }

  CommitSpec SpecFor(const WriteResult& result, const RemovedFiles& removed,
                     const RowChangeCounts* changed) const {
    CommitSpec spec = options_.commit;
    spec.cancel = options_.cancel;
    if (spec.parameters.empty()) {
      spec.parameters = {{"mode", JsonText(ModeName(options_.mode))},
                         {"partitionBy", JsonListAsText(plan_.partition_columns)}};
      if (plan_.replace_where != nullptr) {
        spec.parameters.emplace_back("predicate", JsonText(plan_.replace_where->ToSql()));
      }
      if (options_.dynamic_partitions) {
        spec.parameters.emplace_back("isDynamicPartitionOverwrite", "true");
      }
    }
    if (spec.metrics.empty()) {
      spec.metrics = {{"numFiles", std::to_string(result.num_added_files)},
                      {"numOutputRows", std::to_string(result.num_added_rows)},
                      {"numOutputBytes", std::to_string(result.num_added_bytes)}};
      if (options_.mode == SaveMode::kOverwrite) {
        spec.metrics.emplace_back("numRemovedFiles", std::to_string(removed.num_files));
        spec.metrics.emplace_back("numRemovedBytes", std::to_string(removed.num_bytes));
      }
      if (changed != nullptr) {
        spec.metrics.emplace_back("numDeletedRows", std::to_string(changed->num_taken_rows));
        spec.metrics.emplace_back("numCopiedRows", std::to_string(changed->num_copied_rows));
        spec.metrics.emplace_back("numAddedChangeFiles", std::to_string(changed->num_change_files));
      }
    }
    return spec;
  }

  const std::shared_ptr<Table> table_;
  SnapshotPtr snapshot_;  // nullptr: the table is created
  const WriteOptions& options_;
  WritePlan plan_;
};

}  // namespace

Result<WriteResult> WriteTable(const std::shared_ptr<Table>& table, SnapshotPtr base,
                               const std::shared_ptr<arrow::RecordBatchReader>& input,
                               const WriteOptions& options) {
  if (base == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(base, LoadIfExists(*table));
  }
  if (base != nullptr && options.mode == SaveMode::kError) {
    return Status::AlreadyExists("a Delta table exists at ", table->uri(),
                                 " already; use mode append, overwrite or ignore");
  }
  if (base != nullptr && options.mode == SaveMode::kIgnore) {
    WriteResult result{.skipped = true};
    result.snapshot = std::move(base);
    return result;
  }
  return TableWrite(table, std::move(base), options).Run(*input);
}

}  // namespace deltaic
