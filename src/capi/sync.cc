#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/scan.h"
#include "capi/table.h"
#include "storage/arrow_status.h"
#include "sync/copy_rows.h"
#include "sync/diff.h"
#include "sync/postgres_steps.h"
#include "sync/redis_plan.h"
#include "sync/sync_plan.h"
#include "table/clock.h"

/// Handle of rows on their way to a database.
struct deltaic_copy {
  std::shared_ptr<deltaic::capi::SharedScan>
      scan;  ///< where they come from; nullptr: from a stream
  std::unique_ptr<deltaic::CopyRows> rows;
};

/// Handle of a plan, and of the table that it is of.
struct deltaic_sync {
  std::shared_ptr<deltaic::Table> table;
  deltaic::SyncOptions options;
  deltaic::SyncPlan plan;
};

namespace deltaic::capi {
namespace {

const OptionTable<ScanOptions>& DiffScanOptions() {
  return MadeOnce([] {
    OptionTable<ScanOptions> out("a diff");
    AddPredicateOption(out, kRowsThatMatch)
        .Number("batch_rows", &ScanOptions::batch_rows, 1, "rows of a batch; default 65536")
        .Number("threads", &ScanOptions::num_threads, 0, "0 (default): one for each core")
        .Number("max_memory_bytes", &ScanOptions::max_memory_bytes, 0,
                "of rows that are compared; beyond it they go to temporary files. 0 (default): "
                "268435456");
    return out;
  });
}

template <typename T>
OptionTable<T>& AddDiffSource(OptionTable<T>& table) {
  return table.Choice(
      "source", &T::source,
      {{"auto", DiffSource::kAuto}, {"files", DiffSource::kFiles}, {"feed", DiffSource::kFeed}},
      "what net changes are found from: files that only one of the versions has, "
      "or the change data feed; auto (default): what has fewer bytes");
}

const OptionTable<DiffOptions>& DiffTable() {
  return MadeOnce([] {
    OptionTable<DiffOptions> out("deltaic_diff_open");
    out.Number("from_version", &DiffOptions::from, 0, "the older one; needed")
        .Number("to_version", &DiffOptions::to, 0, "the newer one; default: the loaded version")
        .List("key", &DiffOptions::key, "the columns that name a row; needed")
        .List(
            "columns", [](DiffOptions& diff) -> auto& { return diff.scan.columns; },
            "top-level columns; default: all of the table's");
    AddDiffSource(out);
    return out.Include(DiffScanOptions(), &DiffOptions::scan);
  });
}

template <typename T, typename M>
OptionTable<T>& AddNulRule(OptionTable<T>& table, M member) {
  return table.Choice("nul", member, {{"error", NulRule::kError}, {"strip", NulRule::kStrip}},
                      "what becomes of NUL in texts, which PostgreSQL cannot hold; default error");
}

template <typename T, typename M>
OptionTable<T>& AddRedisValue(OptionTable<T>& table, M member) {
  return table.Choice("value", member, {{"hash", RedisValue::kHash}, {"json", RedisValue::kJson}},
                      "Redis: a row as a hash without the columns that are null, or as a string "
                      "with JSON; default hash");
}

const OptionTable<CopyOptions>& CopyTable() {
  return MadeOnce([] {
    OptionTable<CopyOptions> out("deltaic_copy_open");
    out.Choice("format", &CopyOptions::format,
               {{"pg_text", CopyFormat::kPostgresText},
                {"pg_binary", CopyFormat::kPostgresBinary},
                {"redis", CopyFormat::kRedis},
                {"redis_json", CopyFormat::kRedisJson}},
               "PostgreSQL's COPY as text or binary; Redis's commands as a client sends them, or "
               "each as a JSON array of texts on a line; default pg_text")
        .Custom("type.COLUMN", "text",
                "the target's type as PostgreSQL's format_type names it; default: what suits",
                [](const GivenOption& given, CopyOptions& copy) {
                  copy.types[given.name] = given.values.back();
                  return Status();
                });
    AddNulRule(out, &CopyOptions::nul);
    out.List("key", &CopyOptions::key, "the columns that name a row; needed for Redis")
        .Text("prefix", &CopyOptions::prefix,
              "Redis: scores, for keys such as scores:17; needed for it");
    AddRedisValue(out, &CopyOptions::value);
    return out;
  });
}

template <typename T>
OptionTable<T>& AddSyncTarget(OptionTable<T>& table) {
  table
      .Choice("target", &T::target,
              {{"postgres", SyncTarget::kPostgres}, {"redis", SyncTarget::kRedis}},
              "default postgres")
      .Text("into", &T::into,
            "the target's table, scores or public.scores; Redis: what keys begin with; needed")
      .Text("name", &T::name, "what the cursor is kept under; default: into")
      .List("key", &T::key, "the source's columns that name a row; needed")
      .List("columns", &T::columns,
            "SOURCE or SOURCE=TARGET; default: all that both have, Redis: all");
  return table;
}

const OptionTable<SyncOptions>& StartTable() {
  return MadeOnce([] {
    OptionTable<SyncOptions> out("deltaic_sync_start_json");
    return AddSyncTarget(out);
  });
}

const OptionTable<SyncOptions>& PlanTable() {
  return MadeOnce([] {
    OptionTable<SyncOptions> out("deltaic_sync_plan");
    AddSyncTarget(out)
        .Choice("mode", &SyncOptions::mode,
                {{"mirror", SyncMode::kMirror},
                 {"upsert", SyncMode::kUpsert},
                 {"append", SyncMode::kAppend},
                 {"update", SyncMode::kUpdate}},
                "mirror (default): the target gets the source's rows and no others; upsert: none "
                "is deleted; append: nor updated; update: none is deleted or inserted")
        .Text(
            "cursor_table_id", [](SyncOptions& sync) -> auto& { return sync.cursor.table_id; },
            "as the target's cursor says")
        .Number(
            "cursor_version", [](SyncOptions& sync) -> auto& { return sync.cursor.version; }, 0,
            "as the target's cursor says; default: it was never synced")
        .Text(
            "cursor_spec", [](SyncOptions& sync) -> auto& { return sync.cursor.spec; },
            "as the target's cursor says")
        .Custom("target_column.NAME", "text",
                "PostgreSQL: the type of a column of the target, as the query \"columns\" gives it",
                [](const GivenOption& given, SyncOptions& sync) {
                  sync.target_types[given.name] = given.values.back();
                  return Status();
                })
        .Flag("has_unique_key", &SyncOptions::has_unique_key,
              "PostgreSQL: true: the query \"unique\" gave a row; default false")
        .Choice("on_gap", &SyncOptions::on_gap,
                {{"snapshot", GapRule::kSnapshot}, {"error", GapRule::kError}},
                "what to do where versions since the cursor's are gone: send all rows, or fail; "
                "default snapshot")
        .Choice("new_columns", &SyncOptions::new_columns,
                {{"ignore", NewColumnRule::kIgnore},
                 {"add", NewColumnRule::kAdd},
                 {"error", NewColumnRule::kError}},
                "PostgreSQL: what to do with columns that the target lacks; add also makes a "
                "target that is not there; default ignore")
        .Flag("resync", &SyncOptions::resync,
              "true: the cursor counts for nothing, as of a table made anew; default false")
        .Flag("full", &SyncOptions::full, "true: all rows are sent; default false")
        .Text("soft_delete", &SyncOptions::soft_delete,
              "PostgreSQL, mode mirror: a column of the target, boolean or timestamp, that is set "
              "where a row would be deleted, and reset where it comes again")
        .Text("rejects", &SyncOptions::rejects,
              "a file that rows are appended to, as JSON lines with into, version, reason and row, "
              "which the target cannot hold, or whose key is null or, in PostgreSQL, there twice; "
              "the target does without them. Default: they fail the run")
        .Number("max_rejects", &SyncOptions::max_rejects, 0,
                "more rows than so many for the file fail the run; default 10000");
    AddNulRule(out, &SyncOptions::nul);
    AddRedisValue(out, &SyncOptions::redis_value);
    out.Choice("commands", &SyncOptions::redis_format,
               {{"resp", CopyFormat::kRedis}, {"json", CopyFormat::kRedisJson}},
               "Redis: how deltaic_sync_copy gives commands: as a client sends them, or each as a "
               "JSON array of texts on a line; default resp");
    AddDiffSource(out);
    return out.Include(DiffScanOptions(), &SyncOptions::scan);
  });
}

/// What deltaic_sync_start_json says.
struct Start {
  PostgresStart postgres;
  std::optional<std::string> cursor_key;
  std::optional<std::string> Sql(const std::string& sql) const {
    return cursor_key ? std::nullopt : std::optional(sql);
  }
};

const JsonTable<Start>& StartJson() {
  return MadeOnce([] {
    return JsonTable<Start>()
        .Key(
            "begin", [](const Start& start) { return start.postgres.begin; },
            "list of SQL to run first, in the transaction: it waits for other runs")
        .Key(
            "cursor", [](const Start& start) { return start.Sql(start.postgres.cursor); },
            "SQL that gives table_id, version and spec of the cursor, or no row; null for Redis")
        .Key(
            "columns", [](const Start& start) { return start.Sql(start.postgres.columns); },
            "SQL that gives name and type of each column of the target; null for Redis")
        .Key(
            "unique", [](const Start& start) { return start.Sql(start.postgres.unique); },
            "SQL that gives a row where the key has a unique index; null for Redis")
        .Key(
            "status", [](const Start& start) { return start.Sql(start.postgres.status); },
            "SQL as cursor, with synced_at too, that waits for nobody; fails where nothing was "
            "ever synced; null for Redis")
        .Key("cursorKey", &Start::cursor_key,
             "Redis: of the hash with table_id, version and spec, to be watched until EXEC; null "
             "for PostgreSQL");
  });
}

std::string_view ActionName(SyncAction action) {
  switch (action) {
    case SyncAction::kNothing:
      return "nothing";
    case SyncAction::kSnapshot:
      return "snapshot";
    case SyncAction::kIncremental:
      return "incremental";
  }
  return "";
}

std::string_view FormatName(CopyFormat format) {
  switch (format) {
    case CopyFormat::kPostgresText:
      return "pg_text";
    case CopyFormat::kPostgresBinary:
      return "pg_binary";
    case CopyFormat::kRedis:
      return "redis";
    case CopyFormat::kRedisJson:
      return "redis_json";
  }
  return "";
}

void WriteColumns(JsonWriter& out, const SyncPlan& plan) {
  out.BeginArray();
  for (const SyncColumn& column : plan.columns) {
    out.BeginObject().Key("source").String(column.source).Key("target").String(column.target);
    out.Key("type").String(column.type).EndObject();
  }
  out.EndArray();
}

void WriteSteps(JsonWriter& out, const SyncPlan& plan) {
  out.BeginArray();
  for (const SyncStep& step : plan.apply)
    out.BeginObject().Key("sql").String(step.sql).Key("counts").String(step.counts).EndObject();
  out.EndArray();
}

/// For Redis, commands are JSON already.
void WriteFinish(JsonWriter& out, const SyncPlan& plan) {
  const bool is_redis = plan.format == CopyFormat::kRedis || plan.format == CopyFormat::kRedisJson;
  out.BeginArray();
  for (const std::string& step : plan.finish) {
    if (is_redis) {
      out.Raw(step);
    } else {
      out.String(step);
    }
  }
  out.EndArray();
}

const JsonTable<SyncPlan>& PlanJson() {
  return MadeOnce([] {
    return JsonTable<SyncPlan>()
        .Key(
            "action", [](const SyncPlan& plan) { return std::string(ActionName(plan.action)); },
            "nothing | snapshot: all rows are sent | incremental: net changes are")
        .Key(
            "from",
            [](const SyncPlan& plan) {
              return plan.from ? std::optional(plan.from->value) : std::nullopt;
            },
            "the cursor's version, or null")
        .Key("to", &SyncPlan::to)
        .Key("tableId", &SyncPlan::table_id)
        .Key("reasons", &SyncPlan::reasons, "list, why all rows are sent, for people")
        .Key(
            "source",
            [](const SyncPlan& plan) {
              return plan.source ? std::optional(std::string(DiffSourceName(*plan.source)))
                                 : std::nullopt;
            },
            "files | feed | null: what net changes are found from")
        .Key("sizeBytes", &SyncPlan::size_bytes, "of the files that net changes are read from")
        .Custom("columns", "list of objects: source, target, type", WriteColumns)
        .Key("spec", &SyncPlan::spec, "goes into the cursor")
        .Key(
            "format", [](const SyncPlan& plan) { return std::string(FormatName(plan.format)); },
            "of deltaic_sync_copy: pg_text | pg_binary | redis | redis_json")
        .Key("prepare", &SyncPlan::prepare, "list of SQL to run before the rows go")
        .Key("copy", &SyncPlan::copy, "SQL that takes the rows in")
        .Key("checks", &SyncPlan::checks,
             "list of SQL, each of which gives no row, or a text that says what is wrong: then "
             "all is to be rolled back")
        .Custom("apply",
                "list of objects: sql, and counts: what the rows are that it touches, deleted, "
                "upserted or nothing; told: it gives one row, how many were deleted and upserted; "
                "rejected: it gives rows of one text, lines for the file of rejects",
                WriteSteps)
        .Custom("finish", "list of SQL, or for Redis of commands, that moves the cursor",
                WriteFinish)
        .Key("clear", &SyncPlan::clear,
             "Redis: the pattern of keys that are deleted before the rows come, or empty");
  });
}

/// The rows of a plan. What stops them is of the options of this call.
Result<std::unique_ptr<Scan>> OpenRows(const deltaic_sync& sync, const deltaic_options* options) {
  SyncOptions run = sync.options;
  run.scan.cancel = CancellationOf(options);
  return OpenSyncRows(*sync.table, sync.plan, run);
}

}  // namespace

std::vector<CallDoc> SyncCalls() {
  return {{"deltaic_diff_open", DiffTable().docs(), {}},
          {"deltaic_copy_open", CopyTable().docs(), {}},
          {"deltaic_sync_start_json", StartTable().docs(), StartJson().docs()},
          {"deltaic_sync_plan", PlanTable().docs(), {}},
          {"deltaic_sync_json", {}, PlanJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::AsStatus;
using deltaic::SnapshotPtr;
using deltaic::Status;
using deltaic::capi::Guard;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_diff_open(const deltaic_table* table, const deltaic_options* options,
                                 deltaic_scan** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(auto diff, deltaic::capi::DiffTable().Read(options));
    diff.scan.cancel = deltaic::capi::CancellationOf(options);
    diff.scan.session.now_micros = deltaic::NowMicros();
    DELTAIC_ASSIGN_OR_RETURN(const auto plan,
                             deltaic::PlanDiff(*table->table, snapshot, diff, false));
    DELTAIC_ASSIGN_OR_RETURN(auto rows, deltaic::OpenDiff(*table->table, plan, diff));
    *out = deltaic::capi::NewScan(std::move(rows), options);
    return Status::Ok();
  });
}

deltaic_status deltaic_copy_open(struct ArrowArrayStream* rows, const deltaic_options* options,
                                 deltaic_copy** out, deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("rows and out", rows, out));
    DELTAIC_ASSIGN_OR_RETURN(auto copy, deltaic::capi::CopyTable().Read(options));
    DELTAIC_ASSIGN_OR_RETURN(auto input, arrow::ImportRecordBatchReader(rows));
    DELTAIC_ASSIGN_OR_RETURN(auto encoded,
                             deltaic::CopyRows::Open(std::move(input), std::move(copy)));
    *out = new deltaic_copy{nullptr, std::move(encoded)};
    return Status::Ok();
  });
  if (rows != nullptr && rows->release != nullptr) rows->release(rows);
  return status;
}

deltaic_status deltaic_copy_next(deltaic_copy* copy, const void** bytes, size_t* length,
                                 deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("copy, bytes and length", copy, bytes, length));
    const auto next = copy->rows->Next();
    if (!next.ok()) {
      // What the scan says of itself is better than what came through Arrow.
      if (copy->scan == nullptr || copy->scan->error().ok()) return next.status();
      return copy->scan->error();
    }
    *bytes = next->data();
    *length = next->size();
    return Status::Ok();
  });
}

int64_t deltaic_copy_num_rows(const deltaic_copy* copy) {
  return copy == nullptr ? 0 : copy->rows->num_rows();
}

int64_t deltaic_copy_num_rejected(const deltaic_copy* copy) {
  return copy == nullptr ? 0 : copy->rows->num_rejected();
}

void deltaic_copy_free(deltaic_copy* copy) { delete copy; }

deltaic_status deltaic_sync_start_json(const deltaic_options* options, char** out,
                                       deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(const auto sync, deltaic::capi::StartTable().Read(options));
    DELTAIC_RETURN_IF_ERROR(deltaic::CheckSyncOptions(sync));
    deltaic::capi::Start start;
    if (sync.target == deltaic::SyncTarget::kRedis) {
      start.cursor_key = deltaic::RedisCursorKey(sync);
    } else {
      DELTAIC_ASSIGN_OR_RETURN(start.postgres, deltaic::MakePostgresStart(sync));
    }
    *out = deltaic::capi::NewString(deltaic::capi::StartJson().Format(start));
    return Status::Ok();
  });
}

deltaic_status deltaic_sync_plan(const deltaic_table* table, const deltaic_options* options,
                                 deltaic_sync** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(auto sync, deltaic::capi::PlanTable().Read(options));
    sync.scan.cancel = deltaic::capi::CancellationOf(options);
    sync.scan.session.now_micros = deltaic::NowMicros();
    DELTAIC_ASSIGN_OR_RETURN(auto plan, deltaic::PlanSync(*table->table, snapshot, sync));
    *out = new deltaic_sync{table->table, std::move(sync), std::move(plan)};
    return Status::Ok();
  });
}

deltaic_status deltaic_sync_json(const deltaic_sync* sync, char** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("sync and out", sync, out));
    *out = deltaic::capi::NewString(deltaic::capi::PlanJson().Format(sync->plan));
    return Status::Ok();
  });
}

deltaic_status deltaic_sync_rows(const deltaic_sync* sync, const deltaic_options* options,
                                 deltaic_scan** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("sync and out", sync, out));
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::BeginCall("deltaic_sync_rows", options).status());
    DELTAIC_ASSIGN_OR_RETURN(auto rows, deltaic::capi::OpenRows(*sync, options));
    *out = deltaic::capi::NewScan(std::move(rows), options);
    return Status::Ok();
  });
}

deltaic_status deltaic_sync_copy(const deltaic_sync* sync, const deltaic_options* options,
                                 deltaic_copy** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("sync and out", sync, out));
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::BeginCall("deltaic_sync_copy", options).status());
    DELTAIC_ASSIGN_OR_RETURN(auto rows, deltaic::capi::OpenRows(*sync, options));
    auto scan = std::make_shared<deltaic::capi::SharedScan>(std::move(rows),
                                                            deltaic::capi::ProgressOf(options));
    DELTAIC_ASSIGN_OR_RETURN(
        auto encoded, deltaic::CopyRows::Open(std::make_shared<deltaic::capi::ScanStream>(scan),
                                              deltaic::SyncCopyOptions(sync->plan, sync->options)));
    *out = new deltaic_copy{std::move(scan), std::move(encoded)};
    return Status::Ok();
  });
}

void deltaic_sync_free(deltaic_sync* sync) { delete sync; }

}  // extern "C"
