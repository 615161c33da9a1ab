// deltaic delete: rows out of a table, as one commit.

#include <simdjson.h>

#include <memory>

#include "context.h"
#include "row_change_summary.h"

namespace deltaic::cli {
namespace {

struct DeleteArguments {
  std::string table, where;
  bool all = false;
};

void Delete(const DeleteArguments& args, const Context& context) {
  if (args.where.empty() == !args.all) {
    throw CLI::ValidationError("--where", "say which rows to delete, or --all for every row");
  }
  Options options = context.CallOptions();
  if (!args.all) options.Set("where", args.where);
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  context.Say(ChangeSummary(table.Delete(options), table.uri(), {{"numDeletedRows", "deleted"}}));
}

}  // namespace

void AddDelete(CLI::App& app, Context& context) {
  auto args = std::make_shared<DeleteArguments>();
  CLI::App* command =
      app.add_subcommand("delete", "Delete the rows that match a condition, as one commit");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command->add_option("--where", args->where, "The rows to delete, as SQL: \"day < '2024-01-01'\"");
  command->add_flag("--all", args->all, "Delete every row");
  command->footer("Example:\n  deltaic delete /data/events --where \"day < DATE '2024-01-01'\"");
  command->callback([args, &context] { Delete(*args, context); });
}

}  // namespace deltaic::cli
