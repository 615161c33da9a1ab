// deltaic update: assign columns of a table's rows, as one commit.

#include <memory>

#include "context.h"
#include "row_change_summary.h"

namespace deltaic::cli {
namespace {

struct UpdateArguments {
  std::string table, where;
  std::vector<std::string> assignments;
};

void Update(const UpdateArguments& args, const Context& context) {
  Options options = context.CallOptions();
  if (!args.where.empty()) options.Set("where", args.where);
  SetAssignments("--set", args.assignments, options);
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  context.Say(ChangeSummary(table.Update(options), table.uri(), {{"numUpdatedRows", "updated"}}));
}

}  // namespace

void AddUpdate(CLI::App& app, Context& context) {
  auto args = std::make_shared<UpdateArguments>();
  CLI::App* command =
      app.add_subcommand("update", "Assign columns of the rows that match, as one commit");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->add_option("--set", args->assignments, "COLUMN=SQL; repeatable")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--where", args->where, "The rows to change, as SQL; all by default");
  command->footer(
      "Example:\n  deltaic update /data/events --set \"price=price * 2\" --where \"id = 7\"");
  command->callback([args, &context] { Update(*args, context); });
}

}  // namespace deltaic::cli
