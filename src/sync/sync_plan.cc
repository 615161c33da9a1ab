#include "sync/sync_plan.h"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

#include "data/values/type_mapping.h"
#include "expr/bind.h"
#include "protocol/json.h"
#include "scan/change_source.h"
#include "scan/column_names.h"
#include "storage/arrow_status.h"
#include "sync/column_encoder.h"
#include "sync/postgres_steps.h"
#include "sync/redis_commands.h"
#include "sync/redis_plan.h"

namespace deltaic {
namespace {

class SyncPlanner {
 public:
  SyncPlanner(const Table& table, const SnapshotPtr& newest, const SyncOptions& options)
      : table_(table), newest_(newest), options_(options) {}

  Result<SyncPlan> Plan() {
    DELTAIC_RETURN_IF_ERROR(CheckSyncOptions(options_));
    plan_.snapshot = newest_;
    plan_.to = newest_->version();
    plan_.table_id = newest_->metadata().id;
    if (options_.scan.predicate != nullptr) {
      DELTAIC_RETURN_IF_ERROR(
          BindPredicate(options_.scan.predicate, *newest_->schema(), options_.scan.session)
              .status());
    }
    DELTAIC_RETURN_IF_ERROR(ChooseColumns());
    DELTAIC_RETURN_IF_ERROR(CheckKey());
    if (!options_.soft_delete.empty()) DELTAIC_RETURN_IF_ERROR(ChooseSoftDelete());
    plan_.spec = Spec();
    DELTAIC_RETURN_IF_ERROR(ChooseAction());
    if (plan_.action == SyncAction::kNothing) return std::move(plan_);
    if (options_.target == SyncTarget::kRedis) {
      plan_.format = options_.redis_format;
      AddRedisSteps(options_, plan_);
      return std::move(plan_);
    }
    DELTAIC_RETURN_IF_ERROR(ChooseFormat());
    DELTAIC_RETURN_IF_ERROR(AddPostgresSteps(options_, make_table_, added_, plan_));
    return std::move(plan_);
  }

 private:
  bool is_postgres() const { return options_.target == SyncTarget::kPostgres; }

  Status ChooseColumns() {
    const Schema& schema = *newest_->schema();
    DELTAIC_ASSIGN_OR_RETURN(auto wanted, ParseSyncColumns(options_.columns));
    const bool is_given = !wanted.empty();
    if (!is_given) {
      for (const StructField& field : schema.fields()) wanted.emplace_back(field.name, field.name);
    }
    make_table_ = is_postgres() && options_.target_types.empty();
    if (make_table_ && options_.new_columns != NewColumnRule::kAdd)
      return Status::InvalidArgument("there is no table ", options_.into);
    DELTAIC_ASSIGN_OR_RETURN(const auto arrow_schema, ToArrowSchema(schema));
    std::vector<std::string> targets;
    for (auto& [source, target] : wanted) {
      const StructField* field = schema.FindField(source);
      if (field == nullptr) return Status::InvalidArgument("the table has no column ", source);
      if (std::ranges::find(targets, target) != targets.end())
        return Status::InvalidArgument("two columns go to ", target);
      SyncColumn column{field->name, target, ""};
      if (is_postgres()) {
        const auto type = options_.target_types.find(target);
        if (type != options_.target_types.end()) {
          column.type = type->second;
        } else if (options_.new_columns == NewColumnRule::kAdd) {
          column.type = SuitingPostgresType(*arrow_schema->GetFieldByName(field->name));
          added_.push_back(column);
        } else if (is_given || options_.new_columns == NewColumnRule::kError) {
          return Status::InvalidArgument(options_.into, " has no column ", target,
                                         "; add it, or leave it out by columns");
        } else {
          continue;
        }
      }
      targets.push_back(target);
      plan_.columns.push_back(std::move(column));
    }
    return Status();
  }

  Status CheckKey() {
    for (const std::string& name : options_.key) {
      const auto found = std::ranges::find_if(
          plan_.columns, [&](const SyncColumn& column) { return column.source == name; });
      if (found != plan_.columns.end()) continue;
      return Status::InvalidArgument("the key ", name, " is not among the columns that ",
                                     is_postgres() ? "the table and its target have" : "are sent");
    }
    if (is_postgres() && !make_table_ && !options_.has_unique_key) {
      DELTAIC_ASSIGN_OR_RETURN(const auto key, TargetKey(options_));
      std::string names;
      for (const std::string& name : key) names += (names.empty() ? "" : ", ") + name;
      return Status::InvalidArgument(options_.into, " has no unique index over ", names,
                                     "; the key needs one");
    }
    return Status();
  }

  Status ChooseSoftDelete() {
    SyncColumn column{"", options_.soft_delete, ""};
    for (const SyncColumn& sent : plan_.columns) {
      if (sent.target == column.target)
        return Status::InvalidArgument("soft_delete: ", column.target,
                                       " is a column that the table itself has");
    }
    const auto type = options_.target_types.find(column.target);
    if (type == options_.target_types.end()) {
      if (options_.new_columns != NewColumnRule::kAdd)
        return Status::InvalidArgument(options_.into, " has no column ", column.target,
                                       " for soft_delete; add it: boolean, or timestamptz");
      column.type = "timestamp with time zone";
      added_.push_back(column);
    } else {
      column.type = BarePostgresType(type->second);
      if (!MarksDeletes(column.type))
        return Status::InvalidArgument("soft_delete: ", column.target, " is ", type->second,
                                       "; it marks rows as boolean, or as timestamp");
    }
    plan_.soft_delete = std::move(column);
    return Status();
  }

  /// What the target's rows are of: where it changes, no change of rows tells all.
  std::string Spec() const {
    JsonWriter json;
    json.BeginObject().Key("columns").BeginObject();
    for (const SyncColumn& column : plan_.columns) json.Key(column.source).String(column.target);
    json.EndObject().Key("key").BeginArray();
    for (const std::string& name : options_.key) json.String(name);
    json.EndArray().Key("mode").String(SyncModeName(options_.mode));
    json.Key("where").String(options_.scan.predicate == nullptr ? ""
                                                                : options_.scan.predicate->ToSql());
    json.Key("into").String(options_.into);
    if (!options_.soft_delete.empty()) json.Key("softDelete").String(options_.soft_delete);
    if (!is_postgres())
      json.Key("value").String(options_.redis_value == RedisValue::kHash ? "hash" : "json");
    json.EndObject();
    return json.Take();
  }

  Status ChooseAction() {
    const SyncCursor& cursor = options_.cursor;
    if (!cursor.version) return Snapshot("the target was never synced");
    if (options_.resync) return Snapshot("resync was asked for");
    plan_.from = cursor.version;
    if (cursor.table_id != plan_.table_id) {
      return Status::InvalidArgument(options_.cursor_name(), " was synced from another table, ",
                                     cursor.table_id, ", and ", table_.uri(), " is ",
                                     plan_.table_id,
                                     "; it was made anew, or is not the one: resync takes it");
    }
    if (*cursor.version > plan_.to) {
      return Status::InvalidArgument("the target has version ", cursor.version->value,
                                     ", and the table only ", plan_.to.value,
                                     "; resync takes it back");
    }
    if (options_.full) return Snapshot("all rows were asked for");
    std::string_view spec = cursor.spec;
    const bool had_repeated_keys = spec.ends_with(kRepeatedKeysMark);
    if (had_repeated_keys) spec.remove_suffix(kRepeatedKeysMark.size());
    if (spec != plan_.spec)
      return Snapshot("columns, key, condition, mode or target are others than last time");
    if (*cursor.version == plan_.to) return Status();
    if (had_repeated_keys) return Snapshot("keys were there twice last time");
    return TryIncremental();
  }

  Status Snapshot(std::string reason) {
    plan_.action = SyncAction::kSnapshot;
    plan_.reasons.push_back(std::move(reason));
    return Status();
  }

  Status TryIncremental() {
    auto diff = PlanDiff(table_, newest_, DiffOptionsOf(options_, plan_), true);
    if (diff.ok()) {
      plan_.action = SyncAction::kIncremental;
      plan_.source = diff->source;
      plan_.size_bytes = diff->size_bytes;
      plan_.diff = *std::move(diff);
      return Status();
    }
    const Status& why = diff.status();
    const bool is_gap = why.code() == StatusCode::kNotFound;
    if (is_gap && options_.on_gap == GapRule::kError) {
      return Status::NotFound("versions since ", plan_.from->value,
                              " cannot be compared any more: ", why.message(),
                              "; on_gap=snapshot sends all rows");
    }
    if (is_gap || why.code() == StatusCode::kSchemaMismatch) return Snapshot(why.message());
    return why;
  }

 public:
  static DiffOptions DiffOptionsOf(const SyncOptions& options, const SyncPlan& plan) {
    DiffOptions diff;
    diff.from = plan.from;
    diff.to = plan.to;
    diff.key = options.key;
    diff.source = options.source;
    diff.null_keys = !options.rejects.empty();
    if (options.target == SyncTarget::kPostgres && !options.rejects.empty()) {
      diff.repeated_keys = true;
      // The feed does not tell rows of one key apart.
      if (diff.source == DiffSource::kAuto) diff.source = DiffSource::kFiles;
    }
    diff.scan = options.scan;
    diff.scan.columns = SourceColumns(plan);
    return diff;
  }

  static std::vector<std::string> SourceColumns(const SyncPlan& plan) {
    std::vector<std::string> names;
    for (const SyncColumn& column : plan.columns) names.push_back(column.source);
    return names;
  }

 private:
  /// Binary is quicker to make and to take in, but knows fewer types.
  Status ChooseFormat() {
    DELTAIC_ASSIGN_OR_RETURN(const auto schema, ToArrowSchema(*newest_->schema()));
    bool is_binary = true;
    for (SyncColumn& column : plan_.columns) {
      const auto field = schema->GetFieldByName(column.source);
      const bool fits = FitsPostgresBinary(arrow::Schema({field}), {{column.source, column.type}});
      column.as_text = !options_.rejects.empty() && !(fits && HoldsWhatIsEncoded(column.type));
      is_binary = is_binary && fits && !column.as_text;
    }
    plan_.format = is_binary ? CopyFormat::kPostgresBinary : CopyFormat::kPostgresText;
    return Status();
  }

  const Table& table_;
  const SnapshotPtr& newest_;
  const SyncOptions& options_;
  bool make_table_ = false;
  std::vector<SyncColumn> added_;  ///< to the target
  SyncPlan plan_;
};

}  // namespace

Result<SyncPlan> PlanSync(const Table& table, const SnapshotPtr& newest,
                          const SyncOptions& options) {
  return SyncPlanner(table, newest, options).Plan();
}

Result<std::unique_ptr<Scan>> OpenSyncRows(const Table& table, const SyncPlan& plan,
                                           const SyncOptions& options) {
  if (plan.action == SyncAction::kNothing)
    return Status::InvalidArgument("the target is at version ", plan.to.value,
                                   " already: there are no rows to send");
  if (plan.diff) return OpenDiff(table, *plan.diff, SyncPlanner::DiffOptionsOf(options, plan));
  ScanOptions scan = options.scan;
  scan.columns = SyncPlanner::SourceColumns(plan);
  return Scan::Make(plan.snapshot, std::move(scan));
}

CopyOptions SyncCopyOptions(const SyncPlan& plan, const SyncOptions& options) {
  CopyOptions copy;
  copy.format = plan.format;
  copy.nul = options.nul;
  copy.value = options.redis_value;
  copy.key = options.key;
  copy.rejects = options.rejects;
  copy.into = options.into;
  copy.version = plan.to.value;
  copy.max_rejects = options.max_rejects;
  if (options.target == SyncTarget::kRedis) {
    copy.prefix = options.into;
    copy.deletes = options.mode == SyncMode::kMirror;
    for (const SyncColumn& column : plan.columns) copy.names[column.source] = column.target;
    return copy;
  }
  for (const SyncColumn& column : plan.columns) copy.types[column.source] = column.type;
  if (plan.action == SyncAction::kIncremental)
    copy.types.emplace(std::string(kChangeTypeColumn), "text");
  return copy;
}

}  // namespace deltaic
