// deltaic sync: a table's rows kept in step in PostgreSQL or Redis.

#include "databases/sync.h"

#include <simdjson.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "context.h"
#include "databases/postgres_connection.h"
#include "databases/redis_connection.h"
#include "databases/sync_report.h"
#include "databases/sync_run.h"
#include "interrupt.h"
#include "json_text.h"

namespace deltaic::cli {
namespace {

using Milliseconds = std::chrono::milliseconds;

struct SyncArguments {
  std::string table, url, into, name, mode, where, timezone, follow, on_gap, new_columns, nul,
      value, source, soft_delete, rejects, max_rejects, ca_file, max_memory;
  std::vector<std::string> key, columns;
  bool dry_run = false, status = false, resync = false, full = false, json = false;
};

/// "10s", "5m", "1h", "500ms" or seconds; -1 for what is none.
int64_t ParseDuration(const std::string& text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 9) return -1;
  const int64_t number = std::stoll(text.substr(0, digits));
  const std::string unit = text.substr(digits);
  if (unit == "ms") return number;
  if (unit.empty() || unit == "s") return number * 1000;
  if (unit == "m") return number * 60'000;
  if (unit == "h") return number * 3'600'000;
  return -1;
}

bool StartsWith(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

bool IsPostgres(const std::string& url) {
  return StartsWith(url, "postgres://") || StartsWith(url, "postgresql://");
}

bool IsRedis(const std::string& url) {
  return StartsWith(url, "redis://") || StartsWith(url, "rediss://") || StartsWith(url, "unix://");
}

Options StartOptions(const SyncArguments& args, Options options) {
  options.Set("target", IsRedis(args.url) ? "redis" : "postgres").Set("into", args.into);
  options.SetList("key", args.key);
  if (!args.name.empty()) options.Set("name", args.name);
  if (!args.columns.empty()) options.SetList("columns", args.columns);
  return options;
}

Options PlanOptions(const SyncArguments& args, const Context& context) {
  Options options = StartOptions(args, context.CallOptions());
  const std::pair<const char*, const std::string&> texts[] = {
      {"mode", args.mode},       {"where", args.where},
      {"on_gap", args.on_gap},   {"nul", args.nul},
      {"value", args.value},     {"new_columns", args.new_columns},
      {"source", args.source},   {"soft_delete", args.soft_delete},
      {"rejects", args.rejects}, {"max_rejects", args.max_rejects}};
  for (const auto& [key, text] : texts) {
    if (!text.empty()) options.Set(key, text);
  }
  SetTimezone(options, args.timezone);
  SetMemory(options, args.max_memory);
  if (args.resync) options.Set("resync", "true");
  if (args.full) options.Set("full", "true");
  return options;
}

class SyncCommand {
 public:
  SyncCommand(const SyncArguments& args, const Context& context) : args_(args), context_(context) {}

  void Run() {
    if (!IsPostgres(args_.url) && !IsRedis(args_.url))
      throw Error(DELTAIC_ERROR_INVALID_ARGUMENT,
                  "the target is postgres://..., redis://..., rediss://... or, for Redis, "
                  "unix:///path");
    if (args_.status) return PrintStatus();
    if (args_.follow.empty()) return RunOnce();
    Follow();
  }

 private:
  SyncTargetConnection& Target() {
    if (target_ == nullptr) {
      // The start takes no cancellation.
      const SyncCall call{[this] { return StartOptions(args_, Options()); },
                          [this] { return PlanOptions(args_, context_); }, args_.rejects};
      target_ = IsRedis(args_.url) ? ConnectRedis(args_.url, args_.ca_file, call, context_)
                                   : ConnectPostgres(args_.url, call, context_);
    }
    return *target_;
  }

  Table& Source() {
    if (!table_) table_.emplace(Table::At(args_.table, context_.StorageOptions()));
    table_->Load(context_.CallOptions());
    return *table_;
  }

  void RunOnce() {
    const SyncReport report = Answered([&] { return Target().Run(Source(), args_.dry_run); });
    const std::string name = args_.name.empty() ? args_.into : args_.name;
    if (args_.json) {
      std::printf("%s\n", ReportJson(report, args_.dry_run).c_str());
      std::fflush(stdout);
    } else if (args_.follow.empty() || report.action != "nothing") {
      context_.Say(FormatReport(report, name, args_.dry_run));
    }
    // Asked for once.
    args_.resync = args_.full = false;
  }

  void Follow() {
    const Milliseconds pause(ParseDuration(args_.follow));
    while (!IsInterrupted()) {
      try {
        RunOnce();
      } catch (const Error& error) {
        if (IsInterrupted()) return;
        if (error.code() != DELTAIC_ERROR_UNAVAILABLE && error.code() != DELTAIC_ERROR_CONFLICT)
          throw;
        target_ = nullptr;
        context_.Say(std::string(error.what()) + "; trying again");
      }
      Sleep(pause);
    }
  }

  void Sleep(Milliseconds pause) const {
    const auto end = std::chrono::steady_clock::now() + pause;
    while (!IsInterrupted() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::min(pause, Milliseconds(100)));
  }

  void PrintStatus() {
    const SyncStatus status = Answered([&] { return Target().Status(); });
    const Table& table = Source();
    simdjson::dom::parser parser;
    const std::string metadata = table.MetadataJson();
    const std::string id(std::string_view(parser.parse(metadata)["id"].get_string().value()));
    const bool is_same = status.is_synced && status.table_id == id;
    if (args_.json) {
      std::printf(
          "{\"synced\":%s,\"version\":%s,\"tableVersion\":%lld,\"sameTable\":%s,"
          "\"syncedAt\":%s}\n",
          status.is_synced ? "true" : "false",
          status.is_synced ? std::to_string(status.version).c_str() : "null",
          static_cast<long long>(table.version()), is_same ? "true" : "false",
          status.synced_at.empty() ? "null" : JsonText(status.synced_at).c_str());
      return;
    }
    std::string line =
        "was never synced; the table is at version " + std::to_string(table.version());
    if (status.is_synced) {
      line = "version " + std::to_string(status.version) + " of " + std::to_string(table.version());
      if (!status.synced_at.empty()) line += ", since " + status.synced_at;
      if (!is_same) line += ", but of another table, " + status.table_id;
    }
    std::printf("%s\n", line.c_str());
  }

  /// What a target says is an error of ours: one that may pass where the connection is gone.
  template <typename Call>
  auto Answered(Call call) -> decltype(call()) {
    try {
      return call();
    } catch (const PostgresError& error) {
      throw Error(error.connection_lost ? DELTAIC_ERROR_UNAVAILABLE : DELTAIC_ERROR_IO,
                  error.message);
    } catch (const RedisError& error) {
      throw Error(error.connection_lost ? DELTAIC_ERROR_UNAVAILABLE : DELTAIC_ERROR_IO,
                  error.message);
    }
  }

  SyncArguments args_;
  const Context& context_;
  std::unique_ptr<SyncTargetConnection> target_;
  std::optional<Table> table_;
};

void AddOptions(CLI::App& command, SyncArguments& args) {
  command
      .add_option("--into", args.into,
                  "The target's table, scores or public.scores; Redis: what keys begin with")
      ->required();
  command.add_option("--key", args.key, "Columns that name a row, a,b")->required()->delimiter(',');
  command.add_option("--name", args.name, "What the cursor is kept under; by default --into");
  command
      .add_option("--mode", args.mode,
                  "mirror (default), upsert: nothing is deleted, append: nor updated, update: "
                  "nothing is deleted or inserted")
      ->check(CLI::IsMember({"mirror", "upsert", "append", "update"}));
  command
      .add_option("--columns", args.columns,
                  "Columns to send, a,b=c sends b as c; by default all that both have")
      ->delimiter(',');
  command.add_option("--where", args.where, "Only these rows, as SQL");
  AddTimezoneOption(command, args.timezone);
  command.add_option("--follow", args.follow, "Go on, and look for news so often, as in 10s or 5m")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            return ParseDuration(text) > 0 ? ""
                                           : "takes a time such as 10s or 5m, not '" + text + "'";
          },
          "TIME"));
  command.add_flag("--dry-run", args.dry_run, "Say what would be done, and undo it");
  command.add_flag("--status", args.status, "Only say how far the target is");
  command.add_flag("--resync", args.resync, "Take a table that was made anew: compare all rows");
  command.add_flag("--full", args.full, "Compare all rows");
  command
      .add_option("--on-gap", args.on_gap,
                  "Where versions since the last run are gone: snapshot (default) or error")
      ->check(CLI::IsMember({"snapshot", "error"}));
  command
      .add_option("--new-columns", args.new_columns,
                  "What the target lacks: ignore (default), add (a table, too) or error")
      ->check(CLI::IsMember({"ignore", "add", "error"}));
  command.add_option("--nul", args.nul, "NUL in texts, for PostgreSQL: error (default) or strip")
      ->check(CLI::IsMember({"error", "strip"}));
  command.add_option("--value", args.value, "What a row is in Redis: hash (default) or json")
      ->check(CLI::IsMember({"hash", "json"}));
  command
      .add_option("--source", args.source,
                  "Where net changes are from: auto (default), files, feed")
      ->check(CLI::IsMember({"auto", "files", "feed"}));
  command.add_option("--soft-delete", args.soft_delete,
                     "A column of the target, boolean or timestamp, set instead of deleting rows");
  command.add_option("--rejects", args.rejects,
                     "A file for rows that the target cannot hold, as JSON lines, appended");
  command
      .add_option("--max-rejects", args.max_rejects,
                  "More rows than so many for --rejects fail the run [10000]")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--ca-file", args.ca_file,
                     "Of rediss://: certificates of who signed the server's, as PEM; by default "
                     "those that the system trusts");
  AddMemoryOption(command, args.max_memory);
  command.add_flag("--json", args.json, "What was done as JSON");
}

}  // namespace

void AddSync(CLI::App& app, Context& context) {
  auto args = std::make_shared<SyncArguments>();
  CLI::App* command = app.add_subcommand(
      "sync", "Keep a table's rows in step in PostgreSQL or Redis, exactly once");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command
      ->add_option(
          "TARGET", args->url,
          "postgres://user@host/database, redis://host:port/0, rediss://host:port/0 (TLS) or "
          "unix:///redis.sock")
      ->required();
  AddOptions(*command, *args);
  command->footer(
      "Example:\n  deltaic sync /data/scores postgres:///app --into scores --key user_id --follow "
      "10s");
  command->callback([args, &context] { SyncCommand(*args, context).Run(); });
}

}  // namespace deltaic::cli
