// deltaic files: the live data files of a table.

#include <iostream>
#include <memory>

#include "context.h"
#include "terminal.h"
#include "text_rows.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

struct FilesArguments {
  std::string table, where, timezone;
  bool json = false;
  VersionChoice at;
};

Options FileOptions(const FilesArguments& args, const char* format, const Context& context) {
  Options options = context.CallOptions();
  options.Set("format", format);
  if (!args.where.empty()) options.Set("where", args.where);
  SetTimezone(options, args.timezone);
  return options;
}

/// Path, size, rows, time and partition: what fits a line.
void PrintText(const Table& table, const FilesArguments& args, const Context& context) {
  TextRows rows(table.Files(FileOptions(args, "actions_flat", context)));
  std::vector<TextTable::Column> columns;
  std::vector<size_t> shown;
  for (size_t i = 0; i < rows.columns().size(); ++i) {
    const std::string& name = rows.columns()[i].name;
    const bool partition = name.rfind("partition.", 0) == 0;
    if (i > 3 && !partition) continue;
    shown.push_back(i);
    columns.push_back({i == 1      ? "size"
                       : i == 2    ? "modified"
                       : i == 3    ? "rows"
                       : partition ? name.substr(10)
                                   : name,
                       i == 1 || i == 3 ? TextTable::Align::kRight : TextTable::Align::kLeft});
  }
  TextTable out(std::move(columns));
  rows.ForEach([&](const auto& cells) {
    std::vector<std::optional<std::string>> line;
    for (const size_t i : shown) {
      if (!cells[i]) {
        line.emplace_back();
        continue;
      }
      const std::string text(*cells[i]);
      line.emplace_back(i == 1   ? HumanBytes(std::stoll(text))
                        : i == 2 ? HumanTime(std::stoll(text))
                        : i == 3 ? GroupedNumber(std::stoll(text))
                                 : text);
    }
    out.Add(std::move(line));
    return true;
  });
  std::cout << out.Render(TerminalWidth());
}

}  // namespace

void AddFiles(CLI::App& app, Context& context) {
  auto args = std::make_shared<FilesArguments>();
  CLI::App* command = app.add_subcommand("files", "List the live data files");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->add_option("--where", args->where,
                      "Only files that may have rows of this SQL predicate");
  AddTimezoneOption(*command, args->timezone);
  args->at.AddTo(*command);
  command->add_flag("--json", args->json, "A JSON object a line, as the log has them");
  command->footer("Example:\n  deltaic files /data/events --where \"day >= '2024-01-01'\"");
  command->callback([args, &context] {
    const Table table = args->at.Open(args->table, context);
    if (!args->json) return PrintText(table, *args, context);
    WriteFile("-", table.Files(FileOptions(*args, "log", context)),
              Options().Set("format", "json"));
  });
}

}  // namespace deltaic::cli
