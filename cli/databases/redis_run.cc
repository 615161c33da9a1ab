#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "databases/redis_connection.h"
#include "databases/sync_report.h"
#include "databases/sync_run.h"

namespace deltaic::cli {
namespace {

using Json = simdjson::dom::element;
using Kind = RedisReply::Kind;

std::string TextOf(const Json& json) {
  return std::string(std::string_view(json.get_string().value()));
}

/// Runs of others in the meantime, after which this one gives up.
constexpr int kMaxTries = 100;

class RedisRun : public SyncTargetConnection {
 public:
  RedisRun(const std::string& url, const std::string& ca_file, SyncCall call,
           const Context& context)
      : connection_(url, ca_file), call_(std::move(call)), context_(context) {}

  SyncReport Run(const Table& table, bool dry_run) override {
    for (int i = 0; i < kMaxTries; ++i) {
      auto report = TryRun(table, dry_run);
      if (report) return *report;
    }
    throw Error(DELTAIC_ERROR_CONFLICT,
                "other runs moved the cursor again and again; run it when they are done");
  }

  SyncStatus Status() override {
    SyncStatus status;
    for (const auto& [field, value] : ReadCursor(CursorKey())) {
      if (field == "table_id") status.table_id = value;
      if (field == "version") status.version = std::stoll(value);
    }
    status.is_synced = status.version >= 0;
    return status;
  }

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  std::string CursorKey() const {
    simdjson::dom::parser parser;
    const std::string start = Sync::StartJson(call_.start());
    return TextOf(parser.parse(start)["cursorKey"]);
  }

  Fields ReadCursor(const std::string& key) {
    const RedisReply reply = connection_.Run({"HGETALL", key});
    Fields fields;
    for (size_t i = 0; i + 1 < reply.items.size(); i += 2)
      fields.emplace_back(reply.items[i].text, reply.items[i + 1].text);
    return fields;
  }

  /// nullopt where another run moved the cursor meanwhile.
  std::optional<SyncReport> TryRun(const Table& table, bool dry_run) {
    const std::string key = CursorKey();
    connection_.Run({"WATCH", key});
    bool is_open = false;
    try {
      Options options = call_.plan();
      for (const auto& [field, value] : ReadCursor(key)) {
        if (field == "table_id" || field == "version" || field == "spec")
          options.Set("cursor_" + field, value);
      }
      const Sync sync = table.PlanSync(options);
      simdjson::dom::parser parser;
      const std::string plan_json = sync.Json();
      const Json plan = parser.parse(plan_json);
      SyncReport report = ReportOf(plan);
      if (report.action == "nothing" || dry_run) {
        if (dry_run && report.action != "nothing") CountRows(sync, plan, report);
        connection_.Run({"UNWATCH"});
        return report;
      }
      const auto gone = FindKeys(TextOf(plan["clear"]));
      connection_.Run({"MULTI"});
      is_open = true;
      if (!SendAll(sync, plan, gone, report)) return std::nullopt;
      return report;
    } catch (const RedisError&) {
      throw;  // a transaction that is open dies with the connection
    } catch (...) {
      GiveUp(is_open);
      throw;
    }
  }

  /// False where another run was faster.
  bool SendAll(const Sync& sync, const Json& plan, const std::vector<std::string>& gone,
               SyncReport& report) {
    constexpr size_t kKeysAtOnce = 1000;
    for (size_t i = 0; i < gone.size(); i += kKeysAtOnce) {
      std::vector<std::string> command = {"DEL"};
      command.insert(command.end(), gone.begin() + static_cast<ptrdiff_t>(i),
                     gone.begin() + static_cast<ptrdiff_t>(std::min(gone.size(), i + kKeysAtOnce)));
      connection_.Send(EncodeCommand(command));
    }
    Copy rows = sync.Copy(context_.CallOptions());
    for (std::string_view bytes = rows.Next(); !bytes.empty(); bytes = rows.Next())
      connection_.Send(bytes);
    report.sent = report.upserted = rows.num_rows();
    report.rejected = rows.num_rejected();
    for (const Json step : plan["finish"].get_array()) {
      std::vector<std::string> command;
      for (const Json word : step.get_array()) command.push_back(TextOf(word));
      connection_.Send(EncodeCommand(command));
    }
    connection_.Send(EncodeCommand({"EXEC"}));
    // What was queued is answered so; EXEC by what all of it answers.
    for (;;) {
      const RedisReply reply = connection_.ReadReply(true);
      if (reply.kind == Kind::kNull) return false;
      if (reply.kind == Kind::kList) {
        for (const RedisReply& item : reply.items) {
          if (item.kind == Kind::kError) throw RedisError{"Redis: " + item.text};
        }
        return true;
      }
      if (reply.kind == Kind::kError) throw RedisError{"Redis: " + reply.text, true};
    }
  }

  std::vector<std::string> FindKeys(const std::string& pattern) {
    std::vector<std::string> keys;
    if (pattern.empty()) return keys;
    std::string cursor = "0";
    do {
      const RedisReply reply = connection_.Run({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"});
      if (reply.items.size() != 2)
        throw RedisError{"Redis: SCAN gave an answer that is none", true};
      cursor = reply.items[0].text;
      for (const RedisReply& key : reply.items[1].items) keys.push_back(key.text);
    } while (cursor != "0");
    return keys;
  }

  void CountRows(const Sync& sync, const Json& plan, SyncReport& report) {
    Copy rows = sync.Copy(context_.CallOptions());
    while (!rows.Next().empty()) continue;
    report.sent = report.upserted = rows.num_rows();
    report.rejected = rows.num_rejected();
    report.deleted = static_cast<int64_t>(FindKeys(TextOf(plan["clear"])).size());
  }

  void GiveUp(bool is_open) {
    try {
      if (!is_open) {
        connection_.Run({"UNWATCH"});
        return;
      }
      connection_.Send(EncodeCommand({"DISCARD"}));
      while (connection_.ReadReply().text != "OK") continue;
    } catch (const RedisError&) {
      // The connection is gone, and the transaction with it.
    }
  }

  RedisConnection connection_;
  const SyncCall call_;
  const Context& context_;
};

}  // namespace

std::unique_ptr<SyncTargetConnection> ConnectRedis(const std::string& url,
                                                   const std::string& ca_file, SyncCall call,
                                                   const Context& context) {
  return std::make_unique<RedisRun>(url, ca_file, std::move(call), context);
}

}  // namespace deltaic::cli
