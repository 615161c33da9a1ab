// deltaic checkpoint: sum the log up in one file.

#include <memory>

#include "context.h"
#include "progress.h"

namespace deltaic::cli {

void AddCheckpoint(CLI::App& app, Context& context) {
  auto uri = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("checkpoint", "Write a checkpoint of the newest version");
  command->add_option("TABLE", *uri, "Path or URI of the table")->required();
  command->footer("Example:\n  deltaic checkpoint /data/events");
  command->callback([uri, &context] {
    Table table = Table::Open(*uri, context.StorageOptions(), context.CallOptions());
    {
      const bool wanted = context.progress_wanted();
      const int64_t files =
          Progress::IsDrawn(wanted) ? DetailOf(table, "numFiles", context) : int64_t{0};
      Progress progress({"files", "written", 0, files}, wanted);
      Options options = context.CallOptions();
      progress.Watch(options);
      table.Checkpoint(options);
    }
    context.Say("wrote the checkpoint of version " + std::to_string(table.version()) + " of " +
                table.uri());
  });
}

}  // namespace deltaic::cli
