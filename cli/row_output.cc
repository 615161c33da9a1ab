#include "row_output.h"

#include <simdjson.h>

#include <algorithm>
#include <iostream>

#include "progress.h"
#include "terminal.h"
#include "text_rows.h"
#include "text_table.h"
#include "usage.h"

namespace deltaic::cli {
namespace {

/// Rows that a table on the screen shows unless --limit says otherwise.
constexpr int64_t kScreenRows = 100;

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
  try {
    WriteFile(path, scan.Stream(), options);
  } catch (const Error& error) {
    if (error.code() != DELTAIC_ERROR_INVALID_ARGUMENT || !format.empty()) throw;
    throw Error(error.code(), std::string(error.what()) + "; --format names it");
  }
}

}  // namespace

void RowOutput::AddTo(CLI::App& command) {
  command.add_option("--columns", columns_, "Columns to read, a,b")->delimiter(',');
  command.add_option("--where", where_, "Rows to read, as a SQL predicate");
  command.add_option("--limit", limit_, "Rows to read at most")->check(WholeNumber());
  command
      .add_option("--format", format_, "How to print; by default a table, or what FILE's name says")
      ->check(CLI::IsMember({"table", "json", "csv", "arrow", "parquet"}));
  command.add_option("-o,--output", output_, "Write to FILE instead of standard output");
  AddMemoryOption(command, max_memory_);
  AddTimezoneOption(command, timezone_);
}

std::string RowOutput::FormatName() const {
  if (!format_.empty()) return format_;
  return output_.empty() || output_ == "-" ? "table" : "";
}

Options RowOutput::WhatToRead(const Context& context) const {
  Options options = context.CallOptions();
  if (!columns_.empty()) options.SetList("columns", columns_);
  if (!where_.empty()) options.Set("where", where_);
  SetMemory(options, max_memory_);
  SetTimezone(options, timezone_);
  return options;
}

int64_t RowOutput::ExpectedRows(const std::function<int64_t()>& total_rows) const {
  if (!where_.empty()) return 0;
  const int64_t total = total_rows();
  return limit_ >= 0 ? std::min(total, limit_) : total;
}

void RowOutput::Print(Options options, const std::function<Scan(const Options&)>& open,
                      const std::function<int64_t()>& total_rows, const Context& context) const {
  const std::string format = FormatName();
  const std::string output = output_.empty() ? "-" : output_;
  if (format == "table" && output != "-")
    throw CLI::ValidationError("--format", "a table goes to the screen, not into a file");
  if (limit_ >= 0) options.Set("limit", std::to_string(limit_));
  // A screen table stops early, so that nothing is counted that was not read.
  const bool short_table = format == "table" && limit_ < 0;
  // Beside rows on the screen, or in a pager, there is no place for a bar.
  const bool wanted = context.progress_wanted() && (output != "-" || StdoutIsFile());
  const int64_t expected = Progress::IsDrawn(wanted) ? ExpectedRows(total_rows) : 0;
  Progress progress({"rows", "read", 0, expected}, wanted);
  progress.Watch(options);
  Scan scan = open(options);
  WithScanError(scan, [&] {
    if (format == "table") {
      PrintTable(scan, short_table ? kScreenRows : -1);
    } else {
      WriteOutput(scan, output, format);
    }
  });
  if (!where_.empty()) context.Say(SkippedSummary(scan.Metrics()));
}

}  // namespace deltaic::cli
