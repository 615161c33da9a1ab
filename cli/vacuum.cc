// deltaic vacuum: files that nothing needs any more.

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

struct VacuumArguments {
  std::string table;
  int64_t retention_hours = -1;
  std::vector<std::string> keep_versions;
  bool yes = false, force = false, lite = false, no_commit = false, list = false, json = false;
};

std::string Summary(const Json& json, const std::string& uri, bool deleted) {
  const int64_t files = json["numFilesToDelete"];
  std::string out;
  if (files == 0) {
    out = "nothing to delete in " + uri;
  } else {
    out = GroupedNumber(files) + (files == 1 ? " file" : " files") + " (" +
          HumanBytes(int64_t(json["sizeOfDataToDelete"])) + ") of " + uri +
          (deleted ? " deleted" : " can go; --yes deletes them");
  }
  if (!bool(json["isComplete"])) {
    out += "; older commits are gone from the log, so that only a vacuum without --lite finds all";
  }
  return out;
}

void Vacuum(const VacuumArguments& args, const Context& context) {
  Options options = context.CallOptions();
  options.Set("dry_run", args.yes ? "false" : "true");
  options.Set("full", args.lite ? "false" : "true");
  if (args.force) options.Set("enforce_retention_duration", "false");
  if (args.no_commit) options.Set("log_commits", "false");
  if (args.retention_hours >= 0)
    options.Set("retention_ms", std::to_string(args.retention_hours * 3600 * 1000));
  if (!args.keep_versions.empty()) options.SetList("keep_versions", args.keep_versions);
  if (!args.list && !args.json) options.Set("list_files", "false");
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  std::string result;
  {
    Progress progress({"files", "deleted", 0, 0}, context.progress_wanted());
    progress.Watch(options);
    result = table.Vacuum(options);
  }
  if (args.json) {
    std::printf("%s\n", result.c_str());
    return;
  }
  simdjson::dom::parser parser;
  const Json json = parser.parse(result);
  for (const Json path : json["files"].get_array()) {
    std::printf("%s\n", std::string(path.get_string().value()).c_str());
  }
  context.Say(Summary(json, table.uri(), args.yes));
}

}  // namespace

void AddVacuum(CLI::App& app, Context& context) {
  auto args = std::make_shared<VacuumArguments>();
  CLI::App* command = app.add_subcommand(
      "vacuum", "Delete files that no version within the retention needs; without --yes, say so");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->add_flag("--yes", args->yes, "Delete them");
  command
      ->add_option(
          "--retention-hours", args->retention_hours,
          "Keep what versions of the last so many hours need; by default as the table says")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000}));
  command->add_flag("--force", args->force, "Allow a retention that is shorter than the table's");
  command->add_flag("--lite", args->lite, "Only files that the log says were removed");
  command
      ->add_option("--keep-version", args->keep_versions,
                   "A version whose files stay, however old; repeatable")
      ->allow_extra_args(false);
  command->add_flag("--list", args->list, "Print the paths of the files");
  command->add_flag("--no-commit", args->no_commit, "Do not note the vacuum in the log");
  command->add_flag("--json", args->json, "The result as JSON");
  command->footer("Example:\n  deltaic vacuum /data/events --retention-hours 240 --yes");
  command->callback([args, &context] { Vacuum(*args, context); });
}

}  // namespace deltaic::cli
