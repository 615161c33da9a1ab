#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "deltaic/deltaic.hpp"

namespace deltaic::cli {

/// What every command shares: the global options, and the token that Ctrl-C cancels.
struct Context {
  std::vector<std::string> storage_options;  ///< KEY=VALUE
  std::string log_level = "warning";
  bool quiet = false;
  bool no_progress = false;

  Context();
  bool progress_wanted() const { return !quiet && !no_progress; }
  /// \throws CLI::ValidationError  a setting without '='
  Options StorageOptions() const;
  /// Options of a call that Ctrl-C stops.
  Options CallOptions() const;
  /// A line on standard error, left out with --quiet.
  void Say(const std::string& line) const;
};

/// `KEY=VALUE` in two. \throws CLI::ValidationError  naming `option`.
std::pair<std::string, std::string> SplitSetting(const std::string& option,
                                                 const std::string& text);

/// --max-memory, a number of bytes with a unit: "512 MiB", "2GB".
void AddMemoryOption(CLI::App& command, std::string& text);
/// Another option that takes a number of bytes with a unit.
void AddBytesOption(CLI::App& command, const std::string& flag, std::string& text,
                    const std::string& meaning);
/// --timezone, of predicates.
void AddTimezoneOption(CLI::App& command, std::string& name);
/// Sets the call's session time zone where `name`, from that option, is one.
void SetTimezone(Options& options, const std::string& name);
/// Sets `key` where `text`, from AddBytesOption(), has a number.
void SetBytes(Options& options, const std::string& key, const std::string& text);
/// Sets the call's limit where `text`, from that option, has one.
void SetMemory(Options& options, const std::string& text);

/// A number of deltaic_table_details_json; 0 where it is null.
int64_t DetailOf(const Table& table, const char* key, const Context& context);

// Each adds one command to the program; the command's own file says what it does.
void AddCreate(CLI::App& app, Context& context);
void AddWrite(CLI::App& app, Context& context);
void AddWriteFiles(CLI::App& app, Context& context);
void AddCommitFiles(CLI::App& app, Context& context);
void AddDiscardFiles(CLI::App& app, Context& context);
void AddDelete(CLI::App& app, Context& context);
void AddUpdate(CLI::App& app, Context& context);
void AddMerge(CLI::App& app, Context& context);
void AddUpkeep(CLI::App& app, Context& context);
void AddDoctor(CLI::App& app, Context& context);
void AddConvert(CLI::App& app, Context& context);
void AddAlter(CLI::App& app, Context& context);
void AddRestore(CLI::App& app, Context& context);
void AddOptimize(CLI::App& app, Context& context);
void AddScan(CLI::App& app, Context& context);
void AddChanges(CLI::App& app, Context& context);
void AddVacuum(CLI::App& app, Context& context);
void AddInfo(CLI::App& app, Context& context);
void AddFiles(CLI::App& app, Context& context);
void AddHistory(CLI::App& app, Context& context);
void AddCheckpoint(CLI::App& app, Context& context);
void AddCompletion(CLI::App& app);
void AddIngest(CLI::App& app);

/// What the catalog that manages a table says of it, for the commands that read.
struct CatalogChoice {
  std::vector<std::string> commits;
  int64_t max_version = -1;
  void AddTo(CLI::App& command);
  /// The table, no version loaded.
  Table At(const std::string& uri, const Context& context) const;
};

/// The version options that several commands take.
struct VersionChoice {
  int64_t version = -1;
  std::string timestamp;
  CatalogChoice catalog;
  void AddTo(CLI::App& command);
  /// Opens the table at the version asked for.
  Table Open(const std::string& uri, const Context& context) const;
};

}  // namespace deltaic::cli
