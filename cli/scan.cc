// deltaic scan: rows of a table, as a table on the screen or in a file format.

#include <memory>
#include <string>
#include <vector>

#include "context.h"
#include "explain.h"
#include "row_output.h"

namespace deltaic::cli {
namespace {

struct ScanArguments {
  std::string table;
  std::vector<std::string> metadata_columns;
  bool explain = false;
  VersionChoice at;
  RowOutput rows;
};

void Run(const ScanArguments& args, const Context& context) {
  const Table table = args.at.Open(args.table, context);
  Options options = args.rows.WhatToRead(context);
  if (!args.metadata_columns.empty()) options.SetList("metadata_columns", args.metadata_columns);
  if (args.explain) {
    PrintPlan(table.ExplainScan(options), args.rows.FormatName() == "json");
    return;
  }
  options.Set("ordered", "true");
  args.rows.Print(
      std::move(options), [&](const Options& all) { return table.Scan(all); },
      [&] { return DetailOf(table, "numRows", context); }, context);
}

}  // namespace

void AddScan(CLI::App& app, Context& context) {
  auto args = std::make_shared<ScanArguments>();
  CLI::App* command = app.add_subcommand("scan", "Read rows");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  args->at.AddTo(*command);
  args->rows.AddTo(*command);
  command
      ->add_option("--metadata-columns", args->metadata_columns,
                   "More columns, of what rows are: file_path, row_index, row_id, "
                   "row_commit_version")
      ->delimiter(',');
  command->add_flag("--explain", args->explain,
                    "Print what would be read, as text or with --format json, and read no row");
  command->footer(
      "Example:\n  deltaic scan /data/events --columns user,amount --where \"day = '2024-01-31' "
      "AND amount > 100\"");
  command->callback([args, &context] { Run(*args, context); });
}

}  // namespace deltaic::cli
