// deltaic write: files into a table, as one commit.

#include <simdjson.h>

#include <memory>
#include <optional>

#include "context.h"
#include "stream_chain.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

struct WriteArguments {
  std::string table, mode = "append", schema_mode, replace_where, compression, max_memory;
  Inputs inputs;
  std::vector<std::string> partition_by, properties;
  std::optional<bool> optimize_write, auto_compact;  ///< without: as the table says
};

/// --NAME and --no-NAME.
void AddSwitch(CLI::App& command, const std::string& name, std::optional<bool>& value,
               const std::string& meaning) {
  auto* on = command.add_flag_callback(
      "--" + name, [&value] { value = true; }, meaning + "; by default the table says");
  command.add_flag_callback("--no-" + name, [&value] { value = false; }, "Not so")->excludes(on);
}

void SetFlag(Options& options, const char* key, std::optional<bool> value) {
  if (value) options.Set(key, *value ? "true" : "false");
}

std::string Summary(const std::string& metrics, const std::string& uri) {
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(metrics);
  if (bool(json["skipped"])) return uri + " is there already; nothing written";
  const int64_t files = json["numAddedFiles"], removed = json["numRemovedFiles"];
  return "version " + std::to_string(int64_t(json["version"])) + " of " + uri + ": " +
         GroupedNumber(int64_t(json["numAddedRows"])) + " rows, " +
         HumanBytes(int64_t(json["numAddedBytes"])) + " in " + GroupedNumber(files) +
         (files == 1 ? " file" : " files") +
         (removed > 0 ? ", " + GroupedNumber(removed) + " removed" : "");
}

void Write(const WriteArguments& args, const Context& context) {
  Options options = context.CallOptions();
  options.Set("mode", args.mode);
  if (!args.schema_mode.empty()) options.Set("schema_mode", args.schema_mode);
  if (!args.replace_where.empty()) options.Set("replace_where", args.replace_where);
  if (!args.compression.empty()) options.Set("compression", args.compression);
  SetMemory(options, args.max_memory);
  SetFlag(options, "optimize_write", args.optimize_write);
  SetFlag(options, "auto_compact", args.auto_compact);
  if (!args.partition_by.empty()) options.SetList("partition_by", args.partition_by);
  for (const std::string& property : args.properties) {
    const auto [key, value] = SplitSetting("--property", property);
    options.Set("property." + key, value);
  }
  Table table = Table::At(args.table, context.StorageOptions());
  const std::string metrics =
      WriteInputs(args.inputs, options, context.progress_wanted(),
                  [&](Stream rows) { return table.Write(std::move(rows), options); });
  context.Say(Summary(metrics, table.uri()));
}

}  // namespace

void AddWrite(CLI::App& app, Context& context) {
  auto args = std::make_shared<WriteArguments>();
  CLI::App* command = app.add_subcommand(
      "write",
      "Write files into a table, as one commit: appends to one that is there, else creates it");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command
      ->add_option("INPUT", args->inputs.paths,
                   "Parquet, CSV, JSON lines or Arrow files; - is standard input")
      ->required();
  command->add_option("--mode", args->mode, "What to do where the table is")
      ->check(CLI::IsMember({"append", "overwrite", "error", "ignore"}))
      ->capture_default_str();
  command->add_option("--schema-mode", args->schema_mode, "Let the rows change the table's columns")
      ->check(CLI::IsMember({"merge", "overwrite"}));
  command->add_option("--replace-where", args->replace_where,
                      "With --mode overwrite: replace only the rows that match");
  command->add_option("--partition-by", args->partition_by, "Partition columns of a new table, a,b")
      ->delimiter(',');
  command
      ->add_option("--property", args->properties,
                   "A property of a new table, KEY=VALUE; repeatable")
      ->allow_extra_args(false);
  command->add_option("--compression", args->compression,
                      "snappy, zstd, gzip, lz4_raw, brotli or none");
  command
      ->add_option("--input-format", args->inputs.format,
                   "Format of the inputs where their names do not tell")
      ->check(CLI::IsMember({"parquet", "csv", "json", "arrow"}));
  command->add_option("--schema", args->inputs.schema,
                      "Types of CSV or JSON columns, as in 'code string, n decimal(20,0)'");
  AddSwitch(*command, "optimize-write", args->optimize_write, "Few files of each partition");
  AddSwitch(*command, "auto-compact", args->auto_compact, "Join small files afterwards");
  AddMemoryOption(*command, args->max_memory);
  command->footer(
      "Example:\n  deltaic write /data/events january.parquet february.parquet --partition-by day");
  command->callback([args, &context] { Write(*args, context); });
}

}  // namespace deltaic::cli
