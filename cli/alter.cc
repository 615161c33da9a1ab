// deltaic alter: change a table, and none of its rows.

#include <simdjson.h>

#include <functional>
#include <map>
#include <memory>

#include "context.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

struct AlterArguments {
  std::string table, change, after, parent, type, comment, default_sql;
  std::vector<std::string> values;
  bool first = false, nullable = false, no_default = false, if_exists = false,
       if_not_exists = false, has_comment = false, truncate_history = false;
};

/// What a kind of change makes of the arguments.
struct ChangeForm {
  const char* change;  ///< of the option "change"
  const char* usage;   ///< what follows the word
  size_t at_least, at_most;
  std::function<void(const AlterArguments&, Options&)> set;
};

constexpr size_t kMany = 10000;

std::vector<std::string> Split(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    size_t begin = 0;
    while (begin <= text.size()) {
      const size_t end = std::min(text.find(',', begin), text.size());
      if (end > begin) out.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return out;
}

void SetColumnChange(const AlterArguments& args, Options& options) {
  options.Set("column", args.values[0]);
  if (!args.type.empty()) options.Set("type", args.type);
  if (args.nullable) options.Set("nullable", "true");
  if (args.has_comment) options.Set("comment", args.comment);
  if (!args.default_sql.empty()) options.Set("default", args.default_sql);
  if (args.no_default) options.Set("drop_default", "true");
}

const std::map<std::string, ChangeForm>& Forms() {
  static const std::map<std::string, ChangeForm> forms = {
      {"add-columns",
       {"add_columns", "'n int, day date' | JSON", 1, 1,
        [](const AlterArguments& args, Options& options) {
          // A schema as the protocol has it says what SQL types cannot: structs, arrays, maps.
          options.Set(args.values[0].rfind('{', 0) == 0 ? "schema_json" : "schema", args.values[0]);
        }}},
      {"drop-columns",
       {"drop_columns", "a,b", 1, kMany,
        [](const AlterArguments& args, Options& options) {
          options.SetList("columns", Split(args.values));
        }}},
      {"rename-column",
       {"rename_column", "OLD NEW", 2, 2,
        [](const AlterArguments& args, Options& options) {
          options.Set("column", args.values[0]);
          options.Set("new_name", args.values[1]);
        }}},
      {"column", {"change_column", "NAME", 1, 1, SetColumnChange}},
      {"set",
       {"set_properties", "KEY=VALUE…", 1, kMany,
        [](const AlterArguments& args, Options& options) {
          for (const std::string& property : args.values) {
            const auto [key, value] = SplitSetting("set", property);
            options.Set("property." + key, value);
          }
        }}},
      {"unset",
       {"unset_properties", "KEY…", 1, kMany,
        [](const AlterArguments& args, Options& options) {
          options.SetList("keys", args.values);
        }}},
      {"add-constraint",
       {"add_constraint", "NAME EXPR", 2, 2,
        [](const AlterArguments& args, Options& options) {
          options.Set("constraint", args.values[0]);
          options.Set("condition", args.values[1]);
        }}},
      {"drop-constraint",
       {"drop_constraint", "NAME", 1, 1,
        [](const AlterArguments& args, Options& options) {
          options.Set("constraint", args.values[0]);
        }}},
      {"cluster-by",
       {"cluster_by", "a,b | none", 1, kMany,
        [](const AlterArguments& args, Options& options) {
          std::vector<std::string> columns = Split(args.values);
          if (columns == std::vector<std::string>{"none"}) columns.clear();
          options.SetList("columns", columns);
        }}},
      {"name",
       {"describe", "TEXT", 1, 1,
        [](const AlterArguments& args, Options& options) { options.Set("name", args.values[0]); }}},
      {"description",
       {"describe", "TEXT", 1, 1,
        [](const AlterArguments& args, Options& options) {
          options.Set("description", args.values[0]);
        }}},
      {"add-features",
       {"add_features", "FEATURE…", 1, kMany,
        [](const AlterArguments& args, Options& options) {
          options.SetList("features", args.values);
        }}},
      {"drop-feature",
       {"drop_feature", "FEATURE [--truncate-history]", 1, 1,
        [](const AlterArguments& args, Options& options) {
          options.Set("feature", args.values[0]);
          if (args.truncate_history) options.Set("truncate_history", "true");
        }}},
  };
  return forms;
}

void Alter(const AlterArguments& args, const Context& context) {
  const ChangeForm& form = Forms().at(args.change);
  if (args.values.size() < form.at_least || args.values.size() > form.at_most) {
    throw CLI::ValidationError("CHANGE", args.change + " takes " + form.usage);
  }
  Options options = context.CallOptions();
  options.Set("change", form.change);
  form.set(args, options);
  if (args.first) options.Set("first", "true");
  if (!args.after.empty()) options.Set("after", args.after);
  if (!args.parent.empty()) options.Set("parent", args.parent);
  if (args.if_exists) options.Set("if_exists", "true");
  if (args.if_not_exists) options.Set("if_not_exists", "true");
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  simdjson::dom::parser parser;
  const std::string metrics = table.Alter(options);
  const simdjson::dom::element json = parser.parse(metrics);
  if (json["version"].is_null()) {
    context.Say("nothing to change in " + table.uri());
    return;
  }
  std::string said = "version " + std::to_string(int64_t(json["version"])) + " of " + table.uri() +
                     ": " + args.change;
  for (const std::string& value : args.values) said += " " + value;
  if (const int64_t rows = int64_t(json["numCheckedRows"]); rows > 0) {
    said += "; " + GroupedNumber(rows) + " rows checked";
  }
  context.Say(said);
}

std::string Footer() {
  std::string out = "Changes:\n";
  for (const auto& [word, form] : Forms()) out += "  " + word + " " + form.usage + "\n";
  return out +
         "Examples:\n  deltaic alter /data/events add-columns 'source string' --after id\n"
         "  deltaic alter /data/events column n --type bigint --comment 'how many'\n"
         "  deltaic alter /data/events add-constraint positive 'n > 0'\n"
         "  deltaic alter /data/events set delta.appendOnly=true";
}

}  // namespace

void AddAlter(CLI::App& app, Context& context) {
  auto args = std::make_shared<AlterArguments>();
  CLI::App* command = app.add_subcommand(
      "alter", "Change columns, properties, constraints or features of a table, as one commit");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  std::vector<std::string> words;
  for (const auto& [word, form] : Forms()) words.push_back(word);
  command->add_option("CHANGE", args->change, "What to change; see below")
      ->required()
      ->check(CLI::IsMember(words));
  command->add_option("ARGUMENT", args->values, "What the change takes")->required();
  auto* first = command->add_flag("--first", args->first, "Put the column before all others");
  command->add_option("--after", args->after, "Put the column after this one")->excludes(first);
  command->add_option("--in", args->parent, "The struct to add columns to");
  command->add_option("--type", args->type, "A wider type of the column");
  command->add_flag("--nullable", args->nullable, "The column may hold nulls from now on");
  auto* comment = command->add_option("--comment", args->comment, "The column's comment");
  auto* drop = command->add_flag("--no-default", args->no_default, "The column has no default");
  command->add_option("--default", args->default_sql, "The column's default in rows to come")
      ->excludes(drop);
  command->add_flag("--if-exists", args->if_exists, "Pass over what is not there");
  command->add_flag("--if-not-exists", args->if_not_exists, "Pass over columns that are there");
  command->add_flag("--truncate-history", args->truncate_history,
                    "Delete older versions with a feature, rather than protect their checkpoints");
  command->footer(Footer());
  command->callback([args, comment, &context] {
    args->has_comment = comment->count() > 0;
    Alter(*args, context);
  });
}

}  // namespace deltaic::cli
