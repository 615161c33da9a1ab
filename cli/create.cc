// deltaic create: an empty table with a schema from a file.

#include <fstream>
#include <memory>
#include <sstream>

#include "context.h"
#include "stream_chain.h"

namespace deltaic::cli {
namespace {

struct CreateArguments {
  std::string table, schema, like_file, like_format, name, description, mode = "error";
  std::vector<std::string> partition_by, properties;
};

/// --schema is a file, or else columns, which are several words.
void SetSchema(Options& options, const std::string& schema) {
  std::ifstream file(schema);
  if (file) {
    std::stringstream text;
    text << file.rdbuf();
    options.Set("schema_json", text.str());
  } else if (schema.find(' ') != std::string::npos) {
    options.Set("schema", schema);
  } else {
    throw Error(DELTAIC_ERROR_NOT_FOUND,
                "cannot read " + schema +
                    "; --schema takes a JSON file, or columns as in 'id bigint, name string'");
  }
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
    SetSchema(options, args.schema);
  } else {
    OpenInput(args.like_file, args.like_format, "").GetSchema(like = &schema);
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
  schema->add_option("--schema", args->schema,
                     "Columns as in 'id bigint not null, n decimal(20,0)', or a JSON file of them");
  schema->add_option("--like", args->like_file,
                     "A Parquet, CSV, JSON lines or Arrow file with the same columns");
  schema->require_option(1);
  command->add_option("--input-format", args->like_format, "Format of the file of --like")
      ->check(CLI::IsMember({"parquet", "csv", "json", "arrow"}));
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
