// deltaic info: what a table is.

#include <simdjson.h>

#include <iostream>
#include <memory>

#include "context.h"
#include "json_text.h"
#include "terminal.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

using simdjson::dom::element;

struct InfoArguments {
  std::string table;
  bool json = false;
  VersionChoice at;
};

void PrintJson(const Table& table, const Options& options) {
  std::string out = table.DetailsJson(options);
  out.pop_back();  // the closing brace
  out += ",\"domains\":" + table.DomainsJson(options);
  out += ",\"uri\":" + JsonText(table.uri()) + ",\"protocol\":" + table.ProtocolJson();
  out += ",\"metadata\":" + table.MetadataJson() + ",\"schema\":" + table.SchemaJson() + "}\n";
  std::cout << out;
}

void Line(const std::string& name, const std::string& value) {
  std::cout << Bold(name) << std::string(name.size() < 14 ? 14 - name.size() : 1, ' ')
            << Printable(value) << "\n";
}

std::string Joined(element list) {
  std::string out;
  for (element item : list.get_array())
    out += (out.empty() ? "" : ", ") + std::string(std::string_view(item));
  return out;
}

/// "long", or the short form of a nested type.
std::string TypeText(element type) {
  if (type.is_string()) return std::string(std::string_view(type));
  const std::string_view kind = type["type"];
  if (kind == "array") return "array<" + TypeText(type["elementType"]) + ">";
  if (kind == "map")
    return "map<" + TypeText(type["keyType"]) + ", " + TypeText(type["valueType"]) + ">";
  std::string out;
  for (element field : type["fields"].get_array()) {
    out += (out.empty() ? "" : ", ") + std::string(std::string_view(field["name"])) + ": " +
           TypeText(field["type"]);
  }
  return "struct<" + out + ">";
}

void PrintSchema(element schema) {
  TextTable table({{"column"}, {"type"}, {"nullable"}});
  for (element field : schema["fields"].get_array()) {
    table.Add({std::string(std::string_view(field["name"])), TypeText(field["type"]),
               bool(field["nullable"]) ? "yes" : "no"});
  }
  std::cout << "\n" << table.Render(TerminalWidth());
}

void PrintText(const Table& table, const Options& options) {
  simdjson::dom::parser details_parser, metadata_parser, protocol_parser, domains_parser,
      schema_parser;
  const element details = details_parser.parse(table.DetailsJson(options));
  const element metadata = metadata_parser.parse(table.MetadataJson());
  const element protocol = protocol_parser.parse(table.ProtocolJson());
  Line("table", table.uri());
  if (!metadata["name"].is_null()) Line("name", std::string(std::string_view(metadata["name"])));
  if (!metadata["description"].is_null())
    Line("description", std::string(std::string_view(metadata["description"])));
  Line("version", GroupedNumber(details["version"]) + " of " + HumanTime(details["timestamp"]));
  Line("files", GroupedNumber(details["numFiles"]) + ", " + HumanBytes(details["totalBytes"]));
  Line("rows", details["numRows"].is_null() ? "not recorded in the log"
                                            : GroupedNumber(details["numRows"]));
  Line("protocol", "reader " + std::to_string(int64_t(protocol["minReaderVersion"])) + ", writer " +
                       std::to_string(int64_t(protocol["minWriterVersion"])));
  const std::string features = Joined(details["features"]);
  if (!features.empty()) Line("features", features);
  const std::string partitions = Joined(metadata["partitionColumns"]);
  if (!partitions.empty()) Line("partitioned by", partitions);
  bool first = true;
  for (auto [key, value] : metadata["configuration"].get_object()) {
    Line(first ? "properties" : "",
         std::string(key) + " = " + std::string(std::string_view(value)));
    first = false;
  }
  first = true;
  for (auto [domain, value] : domains_parser.parse(table.DomainsJson(options)).get_object()) {
    Line(first ? "domains" : "",
         std::string(domain) + " = " + std::string(std::string_view(value)));
    first = false;
  }
  PrintSchema(schema_parser.parse(table.SchemaJson()));
}

}  // namespace

void AddInfo(CLI::App& app, Context& context) {
  auto args = std::make_shared<InfoArguments>();
  CLI::App* command = app.add_subcommand(
      "info", "Version, protocol, features, schema, properties, files, bytes, rows");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  args->at.AddTo(*command);
  command->add_flag("--json", args->json, "One JSON object");
  command->footer("Example:\n  deltaic info /data/events --version 3");
  command->callback([args, &context] {
    const Table table = args->at.Open(args->table, context);
    const Options options = context.CallOptions();
    args->json ? PrintJson(table, options) : PrintText(table, options);
  });
}

}  // namespace deltaic::cli
