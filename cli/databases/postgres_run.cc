#include <simdjson.h>

#include <fstream>
#include <utility>

#include "databases/postgres_connection.h"
#include "databases/sync_report.h"
#include "databases/sync_run.h"

namespace deltaic::cli {
namespace {

using Json = simdjson::dom::element;

std::string TextOf(const Json& json) {
  return std::string(std::string_view(json.get_string().value()));
}

/// \return how many.
int64_t AppendRejects(const std::string& path, const PostgresRows& lines) {
  if (lines.rows.empty()) return 0;
  std::ofstream file(path, std::ios::binary | std::ios::app);
  for (const auto& line : lines.rows) file << line.at(0).text << '\n';
  if (!file.flush()) throw Error(DELTAIC_ERROR_IO, "rejects: " + path + " cannot be written");
  return static_cast<int64_t>(lines.rows.size());
}

class PostgresRun : public SyncTargetConnection {
 public:
  PostgresRun(const std::string& url, SyncCall call, const Context& context)
      : connection_(url), call_(std::move(call)), context_(context) {}

  SyncReport Run(const Table& table, bool dry_run) override {
    connection_.Run("BEGIN");
    try {
      SyncReport report = Bring(table);
      connection_.Run(dry_run ? "ROLLBACK" : "COMMIT");
      return report;
    } catch (const PostgresError& error) {
      if (!error.connection_lost) RollBack();
      throw;
    } catch (...) {
      RollBack();
      throw;
    }
  }

  SyncStatus Status() override {
    simdjson::dom::parser parser;
    const std::string start_json = Sync::StartJson(call_.start());
    const Json start = parser.parse(start_json);
    SyncStatus status;
    if (connection_.Run("SELECT to_regclass('deltaic_sync')").rows.at(0).at(0).is_null)
      return status;
    const PostgresRows found = connection_.Run(TextOf(start["status"]));
    if (found.rows.empty()) return status;
    status.is_synced = true;
    status.table_id = found.rows[0].at(0).text;
    status.version = std::stoll(found.rows[0].at(1).text);
    status.synced_at = found.rows[0].at(3).text;
    return status;
  }

 private:
  SyncReport Bring(const Table& table) {
    const Sync sync = table.PlanSync(AskTarget());
    simdjson::dom::parser parser;
    const std::string plan_json = sync.Json();
    const Json plan = parser.parse(plan_json);
    SyncReport report = ReportOf(plan);
    if (report.action == "nothing") return report;
    for (const Json sql : plan["prepare"].get_array()) connection_.Run(TextOf(sql));
    Copy rows = sync.Copy(context_.CallOptions());
    connection_.CopyIn(TextOf(plan["copy"]), [&] { return rows.Next(); });
    report.sent = rows.num_rows();
    report.rejected = rows.num_rejected();
    for (const Json sql : plan["checks"].get_array()) {
      const PostgresRows wrong = connection_.Run(TextOf(sql));
      if (!wrong.rows.empty())
        throw Error(DELTAIC_ERROR_CONSTRAINT_VIOLATED, wrong.rows[0].at(0).text);
    }
    for (const Json step : plan["apply"].get_array()) {
      const PostgresRows done = connection_.Run(TextOf(step["sql"]));
      const std::string counts = TextOf(step["counts"]);
      if (counts == "upserted") report.upserted += done.num_touched;
      if (counts == "deleted") report.deleted += done.num_touched;
      if (counts == "told") {
        report.deleted += std::stoll(done.rows.at(0).at(0).text);
        report.upserted += std::stoll(done.rows.at(0).at(1).text);
      }
      if (counts == "rejected") report.rejected += AppendRejects(call_.rejects, done);
    }
    for (const Json sql : plan["finish"].get_array()) connection_.Run(TextOf(sql));
    return report;
  }

  /// The options of a plan, with what the target says of itself.
  Options AskTarget() {
    simdjson::dom::parser parser;
    const std::string start_json = Sync::StartJson(call_.start());
    const Json start = parser.parse(start_json);
    for (const Json sql : start["begin"].get_array()) connection_.Run(TextOf(sql));
    Options options = call_.plan();
    const PostgresRows cursor = connection_.Run(TextOf(start["cursor"]));
    if (!cursor.rows.empty()) {
      options.Set("cursor_table_id", cursor.rows[0].at(0).text);
      options.Set("cursor_version", cursor.rows[0].at(1).text);
      options.Set("cursor_spec", cursor.rows[0].at(2).text);
    }
    for (const auto& column : connection_.Run(TextOf(start["columns"])).rows)
      options.Set("target_column." + column.at(0).text, column.at(1).text);
    if (!connection_.Run(TextOf(start["unique"])).rows.empty())
      options.Set("has_unique_key", "true");
    return options;
  }

  void RollBack() {
    try {
      connection_.Run("ROLLBACK");
    } catch (const PostgresError&) {
      // The connection is gone, and the transaction with it.
    }
  }

  PostgresConnection connection_;
  const SyncCall call_;
  const Context& context_;
};

}  // namespace

std::unique_ptr<SyncTargetConnection> ConnectPostgres(const std::string& url, SyncCall call,
                                                      const Context& context) {
  return std::make_unique<PostgresRun>(url, std::move(call), context);
}

}  // namespace deltaic::cli
