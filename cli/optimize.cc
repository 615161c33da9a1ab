// deltaic optimize: small files become large ones.

#include <simdjson.h>

#include <cstdio>
#include <memory>

#include "context.h"
#include "progress.h"
#include "terminal.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

using Json = simdjson::dom::element;

struct OptimizeArguments {
  std::vector<std::string> zorder;
  std::string table, where, timezone, target_size, min_size, max_memory, compression;
  int64_t commit_seconds = -1;
  int tasks = 0;
  bool purge = false, full = false, plan = false, json = false;
};

std::string Files(int64_t count) {
  return GroupedNumber(count) + (count == 1 ? " file" : " files");
}

std::string Summary(const Json& json, const std::string& uri) {
  const int64_t given_up = json["numGroupsGivenUp"];
  const std::string lost =
      given_up == 0 ? ""
                    : "; " + GroupedNumber(given_up) +
                          " groups of files were changed by others meanwhile and stay as they are";
  if (json["version"].is_null()) {
    return given_up == 0 ? "no file of " + uri + " is worth rewriting; nothing changed"
                         : "nothing of " + uri + " changed" + lost;
  }
  return "version " + std::to_string(int64_t(json["version"])) + " of " + uri + ": " +
         Files(json["numFilesRemoved"]) + " (" +
         HumanBytes(int64_t(json["filesRemoved"]["totalSize"])) + ") became " +
         GroupedNumber(int64_t(json["numFilesAdded"])) + " (" +
         HumanBytes(int64_t(json["filesAdded"]["totalSize"])) + ")" + lost;
}

void PrintPlan(const Json& json, const std::string& uri, const Context& context) {
  TextTable table({{"partition"},
                   {"files", TextTable::Align::kRight},
                   {"size", TextTable::Align::kRight},
                   {"rows", TextTable::Align::kRight}});
  int64_t files = 0, groups = 0, bytes = 0;
  for (const Json group : json["plan"].get_array()) {
    ++groups;
    files += int64_t(group["numFiles"]);
    bytes += int64_t(group["numBytes"]);
    const auto partition = std::string(group["partition"].get_string().value());
    table.Add({partition.empty() ? "(all)" : partition, GroupedNumber(int64_t(group["numFiles"])),
               HumanBytes(int64_t(group["numBytes"])), GroupedNumber(int64_t(group["numRows"]))});
  }
  if (groups > 0) std::fputs(table.Render(TerminalWidth()).c_str(), stdout);
  context.Say(groups == 0
                  ? "no file of " + uri + " is worth rewriting"
                  : Files(files) + " (" + HumanBytes(bytes) + ") of " + uri +
                        " would become about " + GroupedNumber(groups) + "; nothing was changed");
}

void Optimize(const OptimizeArguments& args, const Context& context) {
  Options options = context.CallOptions();
  if (args.purge && !args.zorder.empty()) {
    throw CLI::ValidationError("--purge", "and --zorder exclude each other");
  }
  if (args.purge) options.Set("kind", "purge");
  if (!args.zorder.empty()) {
    options.Set("kind", "zorder");
    options.SetList("zorder_columns", args.zorder);
  }
  if (args.full) options.Set("full", "true");
  if (!args.where.empty()) options.Set("where", args.where);
  SetTimezone(options, args.timezone);
  if (!args.compression.empty()) options.Set("compression", args.compression);
  SetBytes(options, "target_file_size_bytes", args.target_size);
  SetBytes(options, "min_file_size_bytes", args.min_size);
  SetMemory(options, args.max_memory);
  if (args.tasks > 0) options.Set("max_concurrent_tasks", std::to_string(args.tasks));
  if (args.commit_seconds >= 0)
    options.Set("min_commit_interval_ms", std::to_string(args.commit_seconds * 1000));
  if (args.plan) options.Set("plan_only", "true");
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  std::string metrics;
  {
    Progress progress({"rows", "rewritten", 0, 0}, context.progress_wanted());
    progress.Watch(options);
    metrics = table.Optimize(options);
  }
  if (args.json) {
    std::printf("%s\n", metrics.c_str());
    return;
  }
  simdjson::dom::parser parser;
  const Json json = parser.parse(metrics);
  if (args.plan) {
    PrintPlan(json, table.uri(), context);
  } else {
    context.Say(Summary(json, table.uri()));
  }
}

}  // namespace

void AddOptimize(CLI::App& app, Context& context) {
  auto args = std::make_shared<OptimizeArguments>();
  CLI::App* command =
      app.add_subcommand("optimize", "Write small files together into large ones, beside writers");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->add_option("--where", args->where,
                      "Only these partitions, as SQL over partition columns");
  AddTimezoneOption(*command, args->timezone);
  AddBytesOption(*command, "--target-size", args->target_size,
                 "What files are to become, as in 256MiB; by default the table's, else 128MiB");
  AddBytesOption(*command, "--min-size", args->min_size,
                 "Smaller files are rewritten; by default the target size");
  command
      ->add_option("--zorder", args->zorder,
                   "Instead: sort all rows so that near values of these columns come together, a,b")
      ->delimiter(',');
  command->add_flag("--full", args->full,
                    "Of a clustered table: also files that were clustered by other columns");
  command->add_flag("--purge", args->purge,
                    "Instead: rewrite files that have deleted rows, without them");
  command->add_option("--tasks", args->tasks, "Groups of files written at once")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--commit-every", args->commit_seconds,
                   "Commit what is done after so many seconds")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--compression", args->compression,
                      "snappy, zstd, gzip, lz4_raw, brotli or none");
  AddMemoryOption(*command, args->max_memory);
  command->add_flag("--plan", args->plan, "Only say what would be done");
  command->add_flag("--json", args->json, "Metrics and plan as JSON");
  command->footer("Example:\n  deltaic optimize /data/events --where \"day >= '2024-01-01'\"");
  command->callback([args, &context] { Optimize(*args, context); });
}

}  // namespace deltaic::cli
