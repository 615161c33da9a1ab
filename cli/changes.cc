// deltaic changes: the rows that commits inserted, deleted and updated.

#include <algorithm>
#include <memory>

#include "context.h"
#include "row_output.h"

namespace deltaic::cli {
namespace {

struct ChangesArguments {
  std::string table, from, to;
  bool allow_out_of_range = false;
  CatalogChoice catalog;
  RowOutput rows;
};

/// Sets one end of the range: a whole number is a version, other text a time.
void SetEnd(Options& options, const std::string& end, const std::string& text) {
  if (text.empty()) return;
  const bool is_version =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  options.Set(end + (is_version ? "_version" : "_timestamp"), text);
}

void Run(const ChangesArguments& args, const Context& context) {
  const Table table = args.catalog.At(args.table, context);
  Options options = args.rows.WhatToRead(context);
  SetEnd(options, "from", args.from);
  SetEnd(options, "to", args.to);
  if (args.allow_out_of_range) options.Set("allow_out_of_range", "true");
  args.rows.Print(
      std::move(options), [&](const Options& all) { return table.Changes(all); },
      [] { return int64_t{0}; }, context);
}

}  // namespace

void AddChanges(CLI::App& app, Context& context) {
  auto args = std::make_shared<ChangesArguments>();
  CLI::App* command =
      app.add_subcommand("changes", "Read the change data feed: rows inserted, deleted, updated");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->add_option("--from", args->from,
                      "First version, or the time from which on; version 0 by default");
  command->add_option("--to", args->to,
                      "Last version, or the time up to which; by default the newest");
  command->add_flag("--allow-out-of-range", args->allow_out_of_range,
                    "Print no rows, where the range has no version");
  args->catalog.AddTo(*command);
  args->rows.AddTo(*command);
  command->footer(
      "Example:\n  deltaic changes /data/events --from 12 --to '2024-01-31 10:00:00' --where "
      "\"_change_type <> 'update_preimage'\"");
  command->callback([args, &context] { Run(*args, context); });
}

}  // namespace deltaic::cli
