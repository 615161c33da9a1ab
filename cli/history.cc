// deltaic history: the commits that are still in the log, newest first.

#include <simdjson.h>

#include <iostream>
#include <memory>

#include "context.h"
#include "terminal.h"
#include "text_table.h"
#include "usage.h"

namespace deltaic::cli {
namespace {

using simdjson::dom::element;

struct HistoryArguments {
  std::string table;
  int64_t limit = -1;
  bool json = false;
  CatalogChoice catalog;
};

/// Text of a commitInfo entry; empty where it is absent.
std::string Text(element info, const char* key) {
  element value;
  if (!info.is_object() || info[key].get(value) != simdjson::SUCCESS || value.is_null()) return "";
  if (value.is_string()) return std::string(std::string_view(value));
  return simdjson::minify(value);
}

/// "key=value, …" of an object, for the table's last column.
std::string Pairs(element info, const char* key) {
  element object;
  if (!info.is_object() || info[key].get(object) != simdjson::SUCCESS || !object.is_object())
    return "";
  std::string out;
  for (auto [name, value] : object.get_object()) {
    out += (out.empty() ? "" : ", ") + std::string(name) + "=";
    out += value.is_string() ? std::string(std::string_view(value)) : simdjson::minify(value);
  }
  return out;
}

void PrintText(const std::string& json) {
  simdjson::dom::parser parser;
  TextTable table({{"version", TextTable::Align::kRight},
                   {"time"},
                   {"operation"},
                   {"engine"},
                   {"parameters"},
                   {"metrics"}});
  for (element entry : parser.parse(json).get_array()) {
    const element info = entry["commitInfo"];
    table.Add({std::to_string(int64_t(entry["version"])), HumanTime(entry["timestamp"]),
               Text(info, "operation"), Text(info, "engineInfo"),
               Pairs(info, "operationParameters"), Pairs(info, "operationMetrics")});
  }
  std::cout << table.Render(TerminalWidth());
}

}  // namespace

void AddHistory(CLI::App& app, Context& context) {
  auto args = std::make_shared<HistoryArguments>();
  CLI::App* command = app.add_subcommand("history", "List the commits, newest first");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->add_option("--limit", args->limit, "Commits to list at most")->check(WholeNumber());
  args->catalog.AddTo(*command);
  command->add_flag("--json", args->json, "One JSON array");
  command->footer("Example:\n  deltaic history /data/events --limit 5");
  command->callback([args, &context] {
    Table table = args->catalog.At(args->table, context);
    table.Load(context.CallOptions());
    Options options = context.CallOptions();
    if (args->limit >= 0) options.Set("limit", std::to_string(args->limit));
    const std::string json = table.HistoryJson(options);
    if (args->json) {
      std::cout << json << "\n";
    } else {
      PrintText(json);
    }
  });
}

}  // namespace deltaic::cli
