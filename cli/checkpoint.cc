// deltaic checkpoint: sum the log up in one file.

#include <memory>

#include "context.h"

namespace deltaic::cli {

void AddCheckpoint(CLI::App& app, Context& context) {
  auto uri = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("checkpoint", "Write a checkpoint of the newest version");
  command->add_option("TABLE", *uri, "Path or URI of the table")->required();
  command->footer("Example:\n  deltaic checkpoint /data/events");
  command->callback([uri, &context] {
    Table table = Table::Open(*uri, context.StorageOptions());
    table.Checkpoint();
    context.Say("wrote the checkpoint of version " + std::to_string(table.version()) + " of " +
                table.uri());
  });
}

}  // namespace deltaic::cli
