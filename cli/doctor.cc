// deltaic doctor: the state of a table, and what mends it.

#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>

#include "context.h"
#include "doctor_page.h"
#include "doctor_pictures.h"
#include "terminal.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

using Json = simdjson::dom::element;

struct DoctorArguments {
  std::string table;
  std::string html;
  bool json = false, no_listing = false;
  VersionChoice at;
};

std::string TextOf(Json value) { return Printable(std::string_view(value)); }

void PrintHead(Json diagnosis) {
  const Json rows = diagnosis["numRows"];
  const std::string name = TextOf(diagnosis["name"]);
  std::cout << Bold(name.empty() ? TextOf(diagnosis["uri"]) : name) << "\n";
  if (!name.empty()) std::cout << TextOf(diagnosis["uri"]) << "\n";
  std::cout << "version " << GroupedNumber(int64_t(diagnosis["version"])) << " of "
            << HumanTime(int64_t(diagnosis["timestamp"])) << " · "
            << (rows.is_null() ? std::string("rows not recorded")
                               : GroupedNumber(int64_t(rows)) + " rows")
            << " · " << GroupedNumber(int64_t(diagnosis["numFiles"])) << " files · "
            << HumanBytes(int64_t(diagnosis["numBytes"])) << "\n\n";
}

/// `text` in lines that fit the terminal, each behind `indent`.
std::string InLines(const std::string& text, const std::string& indent) {
  const int width = TerminalWidth() - DisplayWidth(indent);
  if (width < 20) return indent + text;
  std::string out = indent, line;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      out += line + "\n" + indent;
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return out + line;
}

void PrintFindings(Json diagnosis) {
  for (const Json finding : diagnosis["findings"].get_array()) {
    const std::string_view severity = finding["severity"];
    if (severity == "good") {
      std::cout << Coloured("  ✓ ", Colour::kGreen) << TextOf(finding["title"])
                << Dim("  " + TextOf(finding["detail"])) << "\n";
      continue;
    }
    std::cout << (severity == "warning" ? Coloured("  ! ", Colour::kRed)
                                        : Coloured("  • ", Colour::kYellow))
              << Bold(TextOf(finding["title"])) << "\n"
              << InLines(TextOf(finding["detail"]), "    ") << "\n";
    const Json command = finding["command"];
    if (!command.is_null())
      std::cout << "    → " << Coloured(TextOf(command), Colour::kBlue) << "\n";
    std::cout << "\n";
  }
}

/// A bar of eighths of characters.
std::string Bar(double share, int width) {
  static constexpr const char* kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = std::max(share > 0 ? 1 : 0, static_cast<int>(share * width * 8 + 0.5));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  return out + kParts[eighths % 8];
}

void PrintSizes(Json diagnosis) {
  int64_t most = 1;
  for (const Json size : diagnosis["sizes"].get_array()) {
    most = std::max(most, int64_t(size["numFiles"]));
  }
  TextTable table({{"file size", TextTable::Align::kRight},
                   {"files", TextTable::Align::kRight},
                   {"bytes", TextTable::Align::kRight},
                   {""}});
  for (const Json size : diagnosis["sizes"].get_array()) {
    const int64_t files = size["numFiles"];
    table.Add({"< " + RoundBytes(int64_t(size["belowBytes"])), GroupedNumber(files),
               HumanBytes(int64_t(size["numBytes"])),
               Bar(static_cast<double>(files) / static_cast<double>(most), 30)});
  }
  if (table.num_rows() > 0) std::cout << "\n" << table.Render(TerminalWidth());
}

void PrintColumns(Json diagnosis) {
  TextTable table({{"column"},
                   {"statistics", TextTable::Align::kRight},
                   {"files that one value reads", TextTable::Align::kRight},
                   {""}});
  for (const Json column : diagnosis["columns"].get_array()) {
    const Json read = column["shareRead"];
    if (read.is_null()) continue;
    table.Add({TextOf(column["name"]) + (bool(column["isClusteredBy"]) ? " (clustered by)" : ""),
               PercentText(column["shareWithStats"]), PercentText(read), Bar(read, 20)});
  }
  if (table.num_rows() > 0) std::cout << "\n" << table.Render(TerminalWidth());
}

void WritePage(const std::string& path, const std::string& page) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << page;
  out.close();
  if (!out) throw Error(DELTAIC_ERROR_IO, "doctor: cannot write the page to " + path);
}

void Doctor(const DoctorArguments& args, const Context& context) {
  Table table = args.at.Open(args.table, context);
  Options options = context.CallOptions();
  if (args.no_listing) options.Set("list_folder", "false");
  const std::string result = table.Doctor(options);
  simdjson::dom::parser parser;
  const Json diagnosis = parser.parse(result);
  if (!args.html.empty()) {
    WritePage(args.html, DoctorPage(diagnosis));
    context.Say("the page is in " + args.html);
  }
  if (args.json) {
    std::cout << result << "\n";
  } else if (args.html.empty()) {
    PrintHead(diagnosis);
    PrintFindings(diagnosis);
    PrintSizes(diagnosis);
    PrintColumns(diagnosis);
  }
}

}  // namespace

void AddDoctor(CLI::App& app, Context& context) {
  auto args = std::make_shared<DoctorArguments>();
  CLI::App* command =
      app.add_subcommand("doctor", "How healthy a table is, and the commands that mend it");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  args->at.AddTo(*command);
  command->add_option("--html", args->html, "Write a page with pictures to this file");
  command->add_flag("--json", args->json, "All that was found, as JSON");
  command->add_flag("--no-listing", args->no_listing,
                    "Do not list the table's folder for files that could be deleted");
  command->footer("Example:\n  deltaic doctor /data/events --html health.html");
  command->callback([args, &context] { Doctor(*args, context); });
}

}  // namespace deltaic::cli
