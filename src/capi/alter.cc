#include "ops/alter/alter.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/table.h"
#include "capi/write_options.h"
#include "expr/parser.h"
#include "protocol/schema_json.h"

namespace deltaic::capi {
namespace {

enum class ChangeKind {
  kNone,
  kAddColumns,
  kDropColumns,
  kRenameColumn,
  kChangeColumn,
  kSetProperties,
  kUnsetProperties,
  kAddConstraint,
  kDropConstraint,
  kClusterBy,
  kDescribe,
  kAddFeatures,
  kDropFeature
};

/// The options as they are given, of all kinds of changes.
struct AlterCall {
  ChangeKind change = ChangeKind::kNone;
  SchemaPtr schema;
  std::string parent, column, new_name, constraint, condition, feature;
  std::vector<std::string> columns, keys, features;
  DataTypePtr type;
  bool nullable = false, drop_default = false, first = false;
  bool if_exists = false, if_not_exists = false, allow_unknown = false;
  bool raise_versions = true, truncate_history = false;
  std::optional<std::string> after, comment, default_sql, name, description;
  StringMap properties, metadata, constraints;
  std::vector<Txn> transactions;
  CommitSpec commit;
  int num_threads = 0;
};

OptionTable<AlterCall>& AddColumnOptions(OptionTable<AlterCall>& table) {
  return table
      .Custom("schema_json", "JSON", "the columns to add, as the protocol has a schema",
              [](const GivenOption& given, AlterCall& out) -> Status {
                auto schema = ParseSchema(given.values.back());
                if (!schema.ok()) return Status::InvalidArgument(schema.status().message());
                out.schema = *std::move(schema);
                return Status();
              })
      .Custom("schema", "SQL", "the columns to add, as in n INT, day DATE",
              [](const GivenOption& given, AlterCall& out) -> Status {
                DELTAIC_ASSIGN_OR_RETURN(out.schema, ParseColumnList(given.values.back()));
                return Status();
              })
      .Text("parent", &AlterCall::parent, "the struct to add them to; default: the table")
      .Flag("first", &AlterCall::first, "where the column goes: before all others; or")
      .Text("after", &AlterCall::after, "after this one")
      .Flag("if_not_exists", &AlterCall::if_not_exists,
            "true: columns that are there with the same type are passed over")
      .List("columns", &AlterCall::columns, "to drop, or to cluster by")
      .Flag("if_exists", &AlterCall::if_exists, "true: what is not there is passed over")
      .Text("column", &AlterCall::column, "the one to rename or change, as in a or s.b")
      .Text("new_name", &AlterCall::new_name, "of the column")
      .Custom("type", "SQL", "a wider type of the column",
              [](const GivenOption& given, AlterCall& out) -> Status {
                DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr one,
                                         ParseColumnList(Concat("c ", given.values.back())));
                if (one->fields().size() != 1) {
                  return Status::InvalidArgument("option type: ", given.values.back(),
                                                 " is no type");
                }
                out.type = one->fields().front().type;
                return Status();
              })
      .Flag("nullable", &AlterCall::nullable, "true: the column may hold nulls from now on")
      .Text("comment", &AlterCall::comment, "of the column")
      .Text("default", &AlterCall::default_sql, "of the column, in rows to come", "SQL")
      .Flag("drop_default", &AlterCall::drop_default, "true: the column has none any more")
      .Custom("metadata.KEY", "text", "of the column, by a key of one's own",
              [](const GivenOption& given, AlterCall& out) {
                out.metadata[given.name] = given.values.back();
                return Status();
              });
}

const OptionTable<AlterCall>& AlterTableOptions() {
  return MadeOnce([] {
    OptionTable<AlterCall> out("deltaic_table_alter");
    out.Choice("change", &AlterCall::change,
               {{"add_columns", ChangeKind::kAddColumns},
                {"drop_columns", ChangeKind::kDropColumns},
                {"rename_column", ChangeKind::kRenameColumn},
                {"change_column", ChangeKind::kChangeColumn},
                {"set_properties", ChangeKind::kSetProperties},
                {"unset_properties", ChangeKind::kUnsetProperties},
                {"add_constraint", ChangeKind::kAddConstraint},
                {"drop_constraint", ChangeKind::kDropConstraint},
                {"cluster_by", ChangeKind::kClusterBy},
                {"describe", ChangeKind::kDescribe},
                {"add_features", ChangeKind::kAddFeatures},
                {"drop_feature", ChangeKind::kDropFeature}},
               "what is to be done");
    AddColumnOptions(out)
        .Custom("property.KEY", "text", "to set",
                [](const GivenOption& given, AlterCall& call) {
                  call.properties[given.name] = given.values.back();
                  return Status();
                })
        .Flag("allow_unknown", &AlterCall::allow_unknown,
              "true: properties that begin with delta. and that nobody knows are set, too")
        .List("keys", &AlterCall::keys, "of properties to unset")
        .Text("constraint", &AlterCall::constraint, "the name of a CHECK constraint")
        .Text("condition", &AlterCall::condition, "that every row must make true", "SQL")
        .Custom("constraint.NAME", "SQL", "the condition of one more CHECK constraint",
                [](const GivenOption& given, AlterCall& call) {
                  call.constraints[given.name] = given.values.back();
                  return Status();
                })
        .Text("name", &AlterCall::name, "of the table")
        .Text("description", &AlterCall::description, "of the table")
        .List("features", &AlterCall::features, "to add")
        .Flag("raise_versions", &AlterCall::raise_versions,
              "false: refused where the versions of the protocol would rise; default true")
        .Text("feature", &AlterCall::feature, "to drop")
        .Flag("truncate_history", &AlterCall::truncate_history,
              "true: versions from before the feature's end must be older than "
              "delta.dropFeatureTruncateHistory.retentionDuration (24 hours), and are deleted; "
              "default false: their checkpoints are protected instead")
        .Number("threads", &AlterCall::num_threads, 0, "0 (default): one for each core");
    AddTransactionOption(out).Include(CommitOptionTable(), &AlterCall::commit);
    return out;
  });
}

std::optional<ColumnPosition> PositionOf(const AlterCall& call) {
  if (!call.first && !call.after) return std::nullopt;
  return ColumnPosition{.first = call.first, .after = call.after};
}

Result<TableChange> ChangeOf(const AlterCall& call) {
  if (call.first && call.after) {
    return Status::InvalidArgument("options first and after exclude each other");
  }
  switch (call.change) {
    case ChangeKind::kAddColumns:
      if (call.schema == nullptr) {
        return Status::InvalidArgument("add_columns needs option schema or schema_json");
      }
      return AddColumns{.columns = call.schema->fields(),
                        .parent = call.parent,
                        .position = PositionOf(call),
                        .if_not_exists = call.if_not_exists};
    case ChangeKind::kDropColumns:
      if (call.columns.empty()) return Status::InvalidArgument("drop_columns needs option columns");
      return DropColumns{call.columns, call.if_exists};
    case ChangeKind::kRenameColumn:
      return RenameColumn{call.column, call.new_name};
    case ChangeKind::kChangeColumn:
      return ChangeColumn{.column = call.column,
                          .type = call.type,
                          .drop_not_null = call.nullable,
                          .comment = call.comment,
                          .default_sql = call.default_sql,
                          .drop_default = call.drop_default,
                          .metadata = call.metadata,
                          .position = PositionOf(call)};
    case ChangeKind::kSetProperties:
      return SetProperties{call.properties, call.allow_unknown};
    case ChangeKind::kUnsetProperties:
      return UnsetProperties{call.keys, call.if_exists};
    case ChangeKind::kAddConstraint:
      return AddConstraint{call.constraint, call.condition, call.constraints};
    case ChangeKind::kDropConstraint:
      return DropConstraint{call.constraint, call.if_exists};
    case ChangeKind::kClusterBy:
      return ClusterBy{call.columns};
    case ChangeKind::kDescribe:
      return DescribeTable{call.name, call.description};
    case ChangeKind::kAddFeatures:
      return AddFeatures{call.features, call.raise_versions};
    case ChangeKind::kDropFeature:
      return DropFeature{call.feature, call.truncate_history};
    case ChangeKind::kNone:
      break;
  }
  return Status::InvalidArgument("deltaic_table_alter needs option change");
}

const JsonTable<AlterResult>& AlterJson() {
  return MadeOnce([] {
    return JsonTable<AlterResult>()
        .Key("version", &AlterResult::version, "null where nothing was to do")
        .Key("numCheckedRows", &AlterResult::num_checked_rows, "against a new constraint")
        .Key("numRewrittenFiles", &AlterResult::num_rewritten_files, "without a dropped feature")
        .Key("numRetries", &AlterResult::num_retries);
  });
}

Result<AlterOptions> ReadAlter(const deltaic_options* options) {
  DELTAIC_ASSIGN_OR_RETURN(AlterCall call, AlterTableOptions().Read(options));
  AlterOptions alter;
  DELTAIC_ASSIGN_OR_RETURN(alter.change, ChangeOf(call));
  alter.num_threads = call.num_threads;
  alter.transactions = std::move(call.transactions);
  alter.commit = std::move(call.commit);
  alter.cancel = CancellationOf(options);
  return alter;
}

}  // namespace

std::vector<CallDoc> AlterCalls() {
  return {{"deltaic_table_alter", AlterTableOptions().docs(), AlterJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::Status;
using deltaic::capi::Guard;
using deltaic::capi::RequireNotNull;

extern "C" deltaic_status deltaic_table_alter(deltaic_table* table, const deltaic_options* options,
                                              char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(const auto call, deltaic::capi::ReadAlter(options));
    DELTAIC_ASSIGN_OR_RETURN(const auto result, deltaic::AlterTable(table->table, call));
    table->loaded.Set(result.snapshot);
    if (metrics_json != nullptr) {
      *metrics_json = deltaic::capi::NewString(deltaic::capi::AlterJson().Format(result));
    }
    return Status::Ok();
  });
}
