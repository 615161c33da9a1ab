// deltaic scan: rows of a table, as a table on the screen or in a file format.

#include <simdjson.h>

#include <cstdio>
#include <iostream>
#include <memory>

#include "context.h"
#include "explain.h"
#include "progress.h"
#include "terminal.h"
#include "text_rows.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

/// Rows that a table on the screen shows unless --limit says otherwise.
constexpr int64_t kScreenRows = 100;

struct ScanArguments {
  std::string table, where, format, output;
  std::vector<std::string> columns;
  int64_t limit = -1;
  bool explain = false;
  VersionChoice at;
};

/// The format asked for, or what the output's name says, or a table.
std::string FormatOf(const ScanArguments& args) {
  if (!args.format.empty()) return args.format;
  return args.output.empty() || args.output == "-" ? "table" : "";
}

std::string SkippedSummary(const std::string& metrics) {
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(metrics);
  const int64_t total = json["filesTotal"], by_partition = json["filesPrunedByPartition"],
                by_stats = json["filesPrunedByStats"];
  return GroupedNumber(int64_t(json["rowsReturned"])) + " rows; " +
         GroupedNumber(by_partition + by_stats) + " of " + GroupedNumber(total) +
         " files skipped (" + GroupedNumber(by_partition) + " by partition, " +
         GroupedNumber(by_stats) + " by statistics)";
}

/// Throws what really went wrong in place of the stream's errno.
template <typename Body>
void WithScanError(const Scan& scan, Body&& body) {
  try {
    body();
  } catch (const Error&) {
    if (deltaic_error* error = deltaic_scan_error(scan.get()))
      detail::Check(deltaic_error_code(error), error);
    throw;
  }
}

void PrintTable(Scan& scan, int64_t limit) {
  TextRows rows(scan.Stream());
  std::vector<TextTable::Column> columns;
  for (const auto& column : rows.columns()) {
    columns.push_back(
        {column.name, column.numeric ? TextTable::Align::kRight : TextTable::Align::kLeft});
  }
  TextTable table(std::move(columns));
  bool more = false;
  rows.ForEach([&](const auto& cells) {
    more = limit >= 0 && static_cast<int64_t>(table.num_rows()) == limit;
    if (!more) table.Add({cells.begin(), cells.end()});
    return !more;
  });
  std::cout << table.Render(TerminalWidth());
  if (more)
    std::cout << Dim("… more rows; choose how many with --limit, or another --format") << "\n";
  std::cout.flush();
}

void WriteOutput(Scan& scan, const std::string& path, const std::string& format) {
  Options options;
  if (!format.empty()) options.Set("format", format);
  WriteFile(path, scan.Stream(), options);
}

Options WhatToRead(const ScanArguments& args, const Context& context) {
  Options options = context.CallOptions();
  if (!args.columns.empty()) options.SetList("columns", args.columns);
  if (!args.where.empty()) options.Set("where", args.where);
  return options;
}

void Run(const ScanArguments& args, const Context& context) {
  const Table table = args.at.Open(args.table, context);
  const std::string format = FormatOf(args);
  if (args.explain) {
    PrintPlan(table.ExplainScan(WhatToRead(args, context)), format == "json");
    return;
  }
  const std::string output = args.output.empty() ? "-" : args.output;
  if (format == "table" && output != "-")
    throw CLI::ValidationError("--format", "a table goes to the screen, not into a file");
  Options options = WhatToRead(args, context);
  if (args.limit >= 0) options.Set("limit", std::to_string(args.limit));
  options.Set("ordered", "true");
  // A screen table stops early, so that nothing is counted that was not read.
  const bool short_table = format == "table" && args.limit < 0;
  Progress progress("read", 0, context.progress_wanted() && output != "-");
  progress.Watch(options);
  Scan scan = table.Scan(options);
  WithScanError(scan, [&] {
    if (format == "table") {
      PrintTable(scan, short_table ? kScreenRows : -1);
    } else {
      WriteOutput(scan, output, format);
    }
  });
  if (!args.where.empty()) context.Say(SkippedSummary(scan.Metrics()));
}

}  // namespace

void AddScan(CLI::App& app, Context& context) {
  auto args = std::make_shared<ScanArguments>();
  CLI::App* command = app.add_subcommand("scan", "Read rows");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->add_option("--columns", args->columns, "Columns to read, a,b")->delimiter(',');
  command->add_option("--where", args->where, "Rows to read, as a SQL predicate");
  args->at.AddTo(*command);
  command->add_option("--limit", args->limit, "Rows to read at most")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--format", args->format,
                   "How to print; by default a table, or what FILE's name says")
      ->check(CLI::IsMember({"table", "json", "csv", "arrow", "parquet"}));
  command->add_option("-o,--output", args->output, "Write to FILE instead of standard output");
  command->add_flag("--explain", args->explain,
                    "Print what would be read, as text or with --format json, and read no row");
  command->footer(
      "Example:\n  deltaic scan /data/events --columns user,amount --where \"day = '2024-01-31' "
      "AND amount > 100\"");
  command->callback([args, &context] { Run(*args, context); });
}

}  // namespace deltaic::cli
