// The deltaic command line program, over deltaic.h alone. Data goes to standard output, everything
// else to standard error.

#include <csignal>
#include <cstdio>
#include <iostream>

#include "context.h"
#include "databases/sync.h"
#include "exit_codes.h"
#include "ingest.h"
#include "json_text.h"
#include "terminal.h"
#include "usage.h"

namespace deltaic::cli {
namespace {

int Report(const Error& error, bool as_json) {
  if (as_json) {
    std::fprintf(stderr, "{\"error\":{\"code\":%s,\"message\":%s}}\n",
                 JsonText(deltaic_status_name(error.code())).c_str(),
                 JsonText(error.what()).c_str());
  } else {
    std::fprintf(stderr, "%s %s\n", ErrorRed("deltaic:").c_str(), error.what());
  }
  return ExitCodeOf(error.code());
}

bool HasJsonFlag(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

/// One line of what is wrong with the call, and where to read on.
int ReportUsage(const CLI::App& app, const std::string& what) {
  const auto commands = app.get_subcommands();
  const std::string command =
      commands.empty() ? "deltaic" : "deltaic " + commands.front()->get_name();
  std::fprintf(stderr, "%s %s; see %s --help\n", ErrorRed("deltaic:").c_str(), what.c_str(),
               command.c_str());
  return kUsage;
}

void SetLogLevel(const std::string& name) {
  static deltaic_log_level least = DELTAIC_LOG_WARNING;
  least = name == "debug"   ? DELTAIC_LOG_DEBUG
          : name == "info"  ? DELTAIC_LOG_INFO
          : name == "error" ? DELTAIC_LOG_ERROR
                            : DELTAIC_LOG_WARNING;
  deltaic_set_log_callback(
      [](void*, deltaic_log_level level, const char* message) {
        if (level >= least) std::fprintf(stderr, "%s\n", message);
      },
      nullptr);
}

int Run(int argc, char** argv) {
  // A reader that closes early (`deltaic scan t | head`) is an error of write(), not the end of the
  // process.
  std::signal(SIGPIPE, SIG_IGN);
  Context context;
  CLI::App app("Reads and writes Delta Lake tables.", "deltaic");
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(34);
  app.set_version_flag("-V,--version", std::string("deltaic ") + deltaic_version(),
                       "Print the program's version");
  app.add_option("--storage-option", context.storage_options,
                 "A setting of the storage, KEY=VALUE; repeatable")
      ->allow_extra_args(false);
  app.add_option("--log-level", context.log_level, "What to log to standard error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_flag("--quiet", context.quiet, "Print nothing but data and errors");
  app.add_flag("--no-progress", context.no_progress, "Draw no progress bar");
  app.parse_complete_callback([&] { SetLogLevel(context.log_level); });
  AddCreate(app, context);
  AddWrite(app, context);
  AddWriteFiles(app, context);
  AddCommitFiles(app, context);
  AddDiscardFiles(app, context);
  AddDelete(app, context);
  AddUpdate(app, context);
  AddMerge(app, context);
  AddAlter(app, context);
  AddRestore(app, context);
  AddOptimize(app, context);
  AddScan(app, context);
  AddChanges(app, context);
  AddSync(app, context);
  AddVacuum(app, context);
  AddInfo(app, context);
  AddFiles(app, context);
  AddHistory(app, context);
  AddCheckpoint(app, context);
  AddIngest(app);
  AddUpkeep(app, context);
  AddDoctor(app, context);
  AddConvert(app, context);
  AddCompletion(app);
  app.footer("deltaic COMMAND --help has an example of each command.");
  const std::string unknown = UnknownCommand(app, argc, argv);
  if (!unknown.empty()) return ReportUsage(app, UnknownCommandMessage(app, unknown));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return ReportUsage(app, UsageMessage(app, error));
  } catch (const Error& error) {
    return Report(error, HasJsonFlag(argc, argv));
  }
  return kDone;
}

}  // namespace
}  // namespace deltaic::cli

int main(int argc, char** argv) {
  // A program of its own, with flags of its own.
  if (argc > 1 && std::string_view(argv[1]) == "ingest") return deltaic::cli::RunIngest(argv + 1);
  return deltaic::cli::Run(argc, argv);
}
