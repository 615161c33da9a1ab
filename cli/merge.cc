// deltaic merge: update, delete and insert by the rows of files, as one commit.

#include <memory>
#include <utility>

#include "context.h"
#include "row_change_summary.h"
#include "stream_chain.h"

namespace deltaic::cli {
namespace {

/// WHEN ... THEN ..., as it stands on the command line.
struct ClauseArguments {
  std::string when, then, condition;
  std::vector<std::string> assignments;
};

struct MergeArguments {
  std::string table, on, target_alias = "target", source_alias = "source";
  Inputs inputs;
  std::vector<ClauseArguments> clauses;
  bool merge_schema = false;
};

/// The clause that flags after it belong to.
ClauseArguments& Last(MergeArguments& args, const std::string& flag) {
  if (args.clauses.empty())
    throw CLI::ValidationError(flag, "goes after the clause that it belongs to");
  return args.clauses.back();
}

void Merge(const MergeArguments& args, const Context& context) {
  deltaic::Merge merge;
  for (const ClauseArguments& clause : args.clauses) {
    Options options;
    options.Set("when", clause.when).Set("then", clause.then);
    if (!clause.condition.empty()) options.Set("condition", clause.condition);
    if (clause.assignments.empty() && clause.then != "delete") options.Set("all_columns", "true");
    SetAssignments("--set", clause.assignments, options);
    merge.AddClause(options);
  }
  Options options = context.CallOptions();
  options.Set("on", args.on)
      .Set("target_alias", args.target_alias)
      .Set("source_alias", args.source_alias);
  if (args.merge_schema) options.Set("merge_schema", "true");
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  InputChain inputs(args.inputs);
  std::string metrics;
  try {
    metrics = table.Merge(inputs.TakeRows(), merge, options);
  } catch (const Error&) {
    if (inputs.error()) throw Error(*inputs.error());
    throw;
  }
  context.Say(ChangeSummary(metrics, table.uri(),
                            {{"numTargetRowsUpdated", "updated"},
                             {"numTargetRowsInserted", "inserted"},
                             {"numTargetRowsDeleted", "deleted"}}));
}

/// Each use of the flag begins a clause; those after it, up to the next, say more of it.
void AddClause(CLI::App& command, const std::shared_ptr<MergeArguments>& args,
               const std::string& flag, const std::string& when, const std::string& then,
               const std::string& help) {
  command
      .add_flag_callback(
          flag, [args, when, then] { args->clauses.push_back({when, then, "", {}}); }, help)
      ->trigger_on_parse();
}

}  // namespace

void AddMerge(CLI::App& app, Context& context) {
  auto args = std::make_shared<MergeArguments>();
  CLI::App* command = app.add_subcommand(
      "merge", "Update, delete and insert by the rows of files, as one commit (MERGE INTO)");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command
      ->add_option("INPUT", args->inputs.paths,
                   "Parquet, CSV, JSON lines or Arrow files; - is standard input")
      ->required();
  command->add_option("--on", args->on, "Which rows match, as SQL: \"target.id = source.id\"")
      ->required();
  command->add_option("--target-alias", args->target_alias, "Name of the table in SQL")
      ->capture_default_str();
  command->add_option("--source-alias", args->source_alias, "Name of the input in SQL")
      ->capture_default_str();
  AddClause(*command, args, "--update", "matched", "update", "Clause: update rows that match");
  AddClause(*command, args, "--delete", "matched", "delete", "Clause: delete rows that match");
  AddClause(*command, args, "--insert", "not_matched", "insert",
            "Clause: insert input rows that match none");
  AddClause(*command, args, "--update-others", "not_matched_by_source", "update",
            "Clause: update rows that no input row matches");
  AddClause(*command, args, "--delete-others", "not_matched_by_source", "delete",
            "Clause: delete rows that no input row matches");
  command
      ->add_option_function<std::string>(
          "--if", [args](const std::string& sql) { Last(*args, "--if").condition = sql; },
          "Of the clause before it: which rows, as SQL")
      ->trigger_on_parse();
  command
      ->add_option_function<std::string>(
          "--set",
          [args](const std::string& text) { Last(*args, "--set").assignments.push_back(text); },
          "Of the clause before it: COLUMN=SQL, repeatable; without, every column gets the input's")
      ->trigger_on_parse();
  command->add_flag("--merge-schema", args->merge_schema,
                    "Add columns to the table that only the input has");
  command
      ->add_option("--input-format", args->inputs.format,
                   "Format of the inputs where their names do not tell")
      ->check(CLI::IsMember({"parquet", "csv", "json", "arrow"}));
  command->footer(
      "Example:\n  deltaic merge /data/events new.parquet --on \"target.id = source.id\" \\\n"
      "    --delete --if \"source.gone\" --update --insert");
  command->callback([args, &context] { Merge(*args, context); });
}

}  // namespace deltaic::cli
