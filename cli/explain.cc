// What --explain prints.

#include "explain.h"

#include <simdjson.h>

#include <cstdio>
#include <iostream>

#include "terminal.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

using simdjson::dom::element;

std::string Names(element list) {
  std::string out;
  for (const element name : list.get_array()) {
    if (!out.empty()) out += ", ";
    out += Printable(std::string_view(name));
  }
  return out.empty() ? "none" : out;
}

void PrintLine(const char* label, const std::string& text) {
  std::string padded = label;
  padded.resize(12, ' ');
  std::cout << Bold(padded) << text << "\n";
}

std::string Count(int64_t count, const char* what) { return GroupedNumber(count) + " " + what; }

}  // namespace

void PrintPlan(const std::string& plan, bool as_json) {
  if (as_json) {
    std::cout << plan << "\n";
    return;
  }
  simdjson::dom::parser parser;
  const element json = parser.parse(plan);
  const auto number = [&](const char* key) { return int64_t(json[key]); };
  PrintLine("table", std::string(std::string_view(json["table"])) + " at version " +
                         std::to_string(number("version")));
  PrintLine("predicate", json["predicate"].is_null()
                             ? "none: all rows"
                             : Printable(std::string_view(json["predicate"])));
  PrintLine("columns", Names(json["columns"]));
  PrintLine("reads", Names(json["columnsRead"]));
  PrintLine("files", Count(number("filesToRead"), "of ") + GroupedNumber(number("filesTotal")) +
                         "; skipped " + Count(number("filesPrunedByPartition"), "by partition, ") +
                         Count(number("filesPrunedByStats"), "by statistics"));
  PrintLine("row groups", Count(number("rowGroupsTotal") - number("rowGroupsSkipped"), "of ") +
                              GroupedNumber(number("rowGroupsTotal")) + "; skipped " +
                              Count(number("rowGroupsSkipped"), "by statistics"));
  PrintLine("rows", Count(number("rowsToRead"), "at most"));
  PrintLine("bytes", HumanBytes(number("bytesToRead")) + " of columns, as stored");
  std::cout.flush();
}

}  // namespace deltaic::cli
