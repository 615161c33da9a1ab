// deltaic fsck, cleanup, compact-log, manifest: what keeps a table and its log in order.

#include <simdjson.h>

#include <iostream>
#include <memory>

#include "context.h"
#include "text_table.h"
#include "usage.h"

namespace deltaic::cli {
namespace {

using simdjson::dom::element;

struct UpkeepArguments {
  std::string table;
  bool yes = false, dry_run = false, deep = false;
  int64_t retention_hours = -1, from = -1, to = -1;
};

Table OpenTable(const std::string& uri, const Context& context) {
  return Table::Open(uri, context.StorageOptions(), context.CallOptions());
}

void Fsck(const UpkeepArguments& args, const Context& context) {
  Options options = context.CallOptions();
  options.Set("dry_run", args.yes ? "false" : "true");
  if (args.deep) options.Set("deep", "true");
  Table table = OpenTable(args.table, context);
  simdjson::dom::parser parser;
  const std::string metrics = table.Repair(options);
  const element json = parser.parse(metrics);
  const auto missing = json["missing"].get_array();
  auto reason = json["reasons"].get_array().begin();
  for (const element path : missing) {
    std::cout << std::string_view(path) << ": " << std::string_view(*reason) << "\n";
    ++reason;
  }
  const std::string checked = GroupedNumber(int64_t(json["numCheckedFiles"])) + " files checked";
  if (missing.size() == 0) {
    context.Say(checked + ", none is missing" + (args.deep ? " or damaged" : ""));
  } else if (args.yes) {
    context.Say("version " + std::to_string(int64_t(json["version"])) + " of " + table.uri() +
                ": " + checked + ", " + GroupedNumber(static_cast<int64_t>(missing.size())) +
                " taken out of the table");
  } else {
    context.Say(checked + ", " + GroupedNumber(static_cast<int64_t>(missing.size())) +
                " not whole; --yes takes them out of the table, or restore the files above");
  }
}

void Cleanup(const UpkeepArguments& args, const Context& context) {
  Options options = context.CallOptions();
  if (args.dry_run) options.Set("dry_run", "true");
  if (args.retention_hours >= 0)
    options.Set("retention_hours", std::to_string(args.retention_hours));
  Table table = OpenTable(args.table, context);
  simdjson::dom::parser parser;
  const std::string metrics = table.CleanUpLog(options);
  const element json = parser.parse(metrics);
  const auto files = json["files"].get_array();
  if (args.dry_run) {
    for (const element name : files) std::cout << std::string_view(name) << "\n";
  }
  context.Say(GroupedNumber(static_cast<int64_t>(files.size())) + " log files, " +
              HumanBytes(int64_t(json["bytes"])) + (args.dry_run ? ", would go" : " deleted") +
              "; versions from " + std::to_string(int64_t(json["firstVersion"])) +
              " can be loaded");
}

void CompactLog(const UpkeepArguments& args, const Context& context) {
  Table table = OpenTable(args.table, context);
  Options options = context.CallOptions();
  options.Set("first_version", std::to_string(args.from));
  options.Set("last_version", std::to_string(args.to >= 0 ? args.to : table.version()));
  simdjson::dom::parser parser;
  const std::string metrics = table.CompactLog(options);
  const element json = parser.parse(metrics);
  context.Say(bool(json["wasThere"])
                  ? "the log has a file of these versions already"
                  : "wrote one log file of " + GroupedNumber(int64_t(json["numActions"])) +
                        " actions, " + HumanBytes(int64_t(json["bytes"])));
}

void Manifest(const UpkeepArguments& args, const Context& context) {
  Table table = OpenTable(args.table, context);
  simdjson::dom::parser parser;
  const std::string metrics = table.Manifest(context.CallOptions());
  const element json = parser.parse(metrics);
  context.Say("wrote " + GroupedNumber(int64_t(json["numManifests"])) + " manifests of " +
              GroupedNumber(int64_t(json["numFiles"])) + " files to " + table.uri() +
              "/_symlink_format_manifest");
}

/// A command of one table.
CLI::App* AddCommand(CLI::App& app, Context& context, const char* name, const char* what,
                     const std::shared_ptr<UpkeepArguments>& args,
                     void (*run)(const UpkeepArguments&, const Context&)) {
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->callback([args, run, &context] { run(*args, context); });
  return command;
}

}  // namespace

void AddUpkeep(CLI::App& app, Context& context) {
  auto fsck = std::make_shared<UpkeepArguments>();
  CLI::App* command = AddCommand(
      app, context, "fsck", "Look for files of the table that are gone or damaged", fsck, Fsck);
  command->add_flag("--yes", fsck->yes, "Take them out of the table, as one commit");
  command->add_flag("--deep", fsck->deep, "Read all files, to find damaged ones");
  command->footer("Example:\n  deltaic fsck /data/events --deep");

  auto cleanup = std::make_shared<UpkeepArguments>();
  command = AddCommand(app, context, "cleanup", "Delete log files older than the log's retention",
                       cleanup, Cleanup);
  command->add_flag("--dry-run", cleanup->dry_run, "Only list them");
  command
      ->add_option("--retention-hours", cleanup->retention_hours,
                   "In place of delta.logRetentionDuration")
      ->check(WholeNumber());
  command->footer("Example:\n  deltaic cleanup /data/events --dry-run");

  auto compact = std::make_shared<UpkeepArguments>();
  command = AddCommand(app, context, "compact-log", "Sum commits up in one file of the log",
                       compact, CompactLog);
  command->add_option("--from", compact->from, "The first version")
      ->required()
      ->check(WholeNumber());
  command->add_option("--to", compact->to, "The last version; default: the newest")
      ->check(WholeNumber());
  command->footer("Example:\n  deltaic compact-log /data/events --from 100 --to 199");

  auto manifest = std::make_shared<UpkeepArguments>();
  command =
      AddCommand(app, context, "manifest",
                 "Write the list of files that engines without Delta read", manifest, Manifest);
  command->footer("Example:\n  deltaic manifest /data/events");
}

}  // namespace deltaic::cli
