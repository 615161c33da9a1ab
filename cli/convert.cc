// deltaic convert and clone: tables made of files that are there.

#include <simdjson.h>

#include <memory>

#include "context.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

struct ConvertArguments {
  std::string table, partition_by, strategy = "hive", name, description, iceberg_metadata;
  std::vector<std::string> properties;
  bool no_stats = false;
};

void Convert(const ConvertArguments& args, const Context& context) {
  Options options = context.CallOptions();
  if (!args.partition_by.empty()) options.Set("partition_schema", args.partition_by);
  options.Set("partition_strategy", args.strategy);
  for (const std::string& property : args.properties) {
    const auto [key, value] = SplitSetting("--property", property);
    options.Set("property." + key, value);
  }
  if (!args.name.empty()) options.Set("name", args.name);
  if (!args.description.empty()) options.Set("description", args.description);
  if (!args.iceberg_metadata.empty()) options.Set("iceberg_metadata", args.iceberg_metadata);
  if (args.no_stats) options.Set("collect_stats", "false");
  Table table = Table::At(args.table, context.StorageOptions());
  simdjson::dom::parser parser;
  const std::string metrics = table.Convert(options);
  const simdjson::dom::element json = parser.parse(metrics);
  std::string said = table.uri() + " is a table of " +
                     GroupedNumber(int64_t(json["numConvertedFiles"])) + " files and " +
                     GroupedNumber(int64_t(json["numConvertedRows"])) + " rows";
  std::string_view iceberg;
  if (json["icebergMetadata"].get(iceberg) == simdjson::SUCCESS) {
    said +=
        ", as Iceberg's " + std::string(iceberg) + " says; let no Iceberg writer at it any more";
  }
  context.Say(said);
}

struct CloneArguments {
  std::string source, target;
  bool deep = false;
  VersionChoice version;
};

void Clone(const CloneArguments& args, const Context& context) {
  Options options = context.CallOptions();
  if (args.deep) options.Set("deep", "true");
  const Table source = args.version.Open(args.source, context);
  Table target = Table::At(args.target, context.StorageOptions());
  simdjson::dom::parser parser;
  const std::string metrics = source.CloneTo(target, options);
  const simdjson::dom::element json = parser.parse(metrics);
  context.Say(target.uri() + " is a clone of version " + std::to_string(source.version()) + " of " +
              source.uri() + ": " + GroupedNumber(int64_t(json["sourceNumOfFiles"])) + " files, " +
              (args.deep ? HumanBytes(int64_t(json["copiedFilesSize"])) + " copied"
                         : std::string("none copied; do not vacuum the source")));
}

}  // namespace

void AddConvert(CLI::App& app, Context& context) {
  auto args = std::make_shared<ConvertArguments>();
  CLI::App* command = app.add_subcommand(
      "convert",
      "Make a folder of Parquet files, or an Iceberg table, a Delta table, copying nothing");
  command->add_option("TABLE", args->table, "Path or URI of the folder")->required();
  command->add_option("--partition-by", args->partition_by,
                      "The columns in the names of folders: 'day date, country string'");
  command->add_option("--partition-strategy", args->strategy, "day=2024-01-31/ or 2024-01-31/")
      ->check(CLI::IsMember({"hive", "directory"}))
      ->capture_default_str();
  command->add_option("--property", args->properties, "A table property, KEY=VALUE; repeatable")
      ->allow_extra_args(false);
  command->add_option("--name", args->name, "The table's name");
  command->add_option("--description", args->description, "The table's description");
  command->add_option("--iceberg-metadata", args->iceberg_metadata,
                      "Of an Iceberg table: the metadata.json to convert; default: the newest");
  command->add_flag("--no-stats", args->no_stats, "Take no statistics from the files");
  command->footer("Example:\n  deltaic convert /data/events --partition-by 'day date'");
  command->callback([args, &context] { Convert(*args, context); });

  auto clone = std::make_shared<CloneArguments>();
  command = app.add_subcommand("clone", "Make a table with the rows of another");
  command->add_option("SOURCE", clone->source, "Path or URI of the table")->required();
  command->add_option("TARGET", clone->target, "Where the new one is to be")->required();
  command->add_flag("--deep", clone->deep, "Copy the files, rather than name those of the source");
  clone->version.AddTo(*command);
  command->footer("Example:\n  deltaic clone /data/events /data/copy --version 12 --deep");
  command->callback([clone, &context] { Clone(*clone, context); });
}

}  // namespace deltaic::cli
