// deltaic restore: an earlier version of a table becomes the newest.

#include <simdjson.h>

#include <memory>

#include "context.h"
#include "text_table.h"
#include "usage.h"

namespace deltaic::cli {
namespace {

struct RestoreArguments {
  std::string table, timestamp;
  int64_t version = -1;
  bool ignore_missing_files = false;
};

void Restore(const RestoreArguments& args, const Context& context) {
  Options options = context.CallOptions();
  if (args.version >= 0) options.Set("version", std::to_string(args.version));
  if (!args.timestamp.empty()) options.Set("timestamp", args.timestamp);
  if (args.ignore_missing_files) options.Set("ignore_missing_files", "true");
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  simdjson::dom::parser parser;
  const std::string metrics = table.Restore(options);
  const simdjson::dom::element json = parser.parse(metrics);
  const auto number = [&](const char* key) { return int64_t(json[key]); };
  context.Say("version " + std::to_string(number("version")) + " of " + table.uri() +
              " is like version " + std::to_string(number("restoredVersion")) + ": " +
              GroupedNumber(number("numRemovedFiles")) + " files removed, " +
              GroupedNumber(number("numRestoredFiles")) + " restored");
  if (const int64_t missing = number("numMissingFiles"); missing > 0) {
    context.Say(GroupedNumber(missing) + " of the restored files are gone; deltaic fsck " +
                args.table + " --yes takes them out");
  }
}

}  // namespace

void AddRestore(CLI::App& app, Context& context) {
  auto args = std::make_shared<RestoreArguments>();
  CLI::App* command =
      app.add_subcommand("restore", "Make an earlier version the newest, as one commit");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  auto* target = command->add_option_group("target", "Where to go back to");
  target->add_option("--version", args->version, "The version to go back to")->check(WholeNumber());
  target->add_option("--timestamp", args->timestamp,
                     "Or a time: the newest version committed until then");
  target->require_option(1);
  command->add_flag("--ignore-missing-files", args->ignore_missing_files,
                    "Go on where files of that version are gone");
  command->footer(
      "Examples:\n  deltaic restore /data/events --version 12\n"
      "  deltaic restore /data/events --timestamp '2024-01-31 10:00:00'");
  command->callback([args, &context] { Restore(*args, context); });
}

}  // namespace deltaic::cli
