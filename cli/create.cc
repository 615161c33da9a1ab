// deltaic create: an empty table with a schema from a file.

#include <fstream>
#include <memory>
#include <sstream>

#include "context.h"

namespace deltaic::cli {
namespace {

struct CreateArguments {
  std::string table, schema_file, like_file, name, description, mode = "error";
  std::vector<std::string> partition_by, properties;
};

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(DELTAIC_ERROR_NOT_FOUND, "cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void Create(const CreateArguments& args, const Context& context) {
  Options options = context.CallOptions();
  options.Set("mode", args.mode);
  if (!args.partition_by.empty()) options.SetList("partition_by", args.partition_by);
  for (const std::string& property : args.properties) {
    const auto [key, value] = SplitSetting("--property", property);
    options.Set("property." + key, value);
  }
  if (!args.name.empty()) options.Set("name", args.name);
  if (!args.description.empty()) options.Set("description", args.description);
  Table table = Table::At(args.table, context.StorageOptions());
  ArrowSchema schema{};
  ArrowSchema* like = nullptr;
  if (args.like_file.empty()) {
    options.Set("schema_json", ReadText(args.schema_file));
  } else {
    ReadFile(args.like_file).GetSchema(like = &schema);
  }
  table.Create(like, options);
  context.Say("created " + table.uri() + " at version " + std::to_string(table.version()));
}

}  // namespace

void AddCreate(CLI::App& app, Context& context) {
  auto args = std::make_shared<CreateArguments>();
  CLI::App* command = app.add_subcommand("create", "Create an empty table");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  auto* schema = command->add_option_group("schema", "Where the columns come from");
  schema->add_option("--schema", args->schema_file,
                     "A JSON file with the schema as the protocol writes it");
  schema->add_option("--like", args->like_file,
                     "A Parquet, CSV, JSON lines or Arrow file with the same columns");
  schema->require_option(1);
  command->add_option("--partition-by", args->partition_by, "Partition columns, a,b")
      ->delimiter(',');
  command->add_option("--property", args->properties, "A table property, KEY=VALUE; repeatable")
      ->allow_extra_args(false);
  command->add_option("--name", args->name, "The table's name");
  command->add_option("--description", args->description, "The table's description");
  command->add_option("--mode", args->mode, "What to do where a table is")
      ->check(CLI::IsMember({"error", "ignore", "overwrite"}))
      ->capture_default_str();
  command->footer(
      "Example:\n  deltaic create /data/events --like events.parquet --partition-by day \\\n    "
      "--property delta.checkpointInterval=50");
  command->callback([args, &context] { Create(*args, context); });
}

}  // namespace deltaic::cli
