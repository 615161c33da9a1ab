#include "context.h"

#include <csignal>
#include <cstdio>

namespace deltaic::cli {
namespace {

deltaic_cancellation* interrupted = nullptr;

void OnInterrupt(int signal) {
  deltaic_cancellation_cancel(interrupted);
  // A second Ctrl-C ends the program at once.
  std::signal(signal, SIG_DFL);
}

}  // namespace

Context::Context() {
  if (interrupted == nullptr) interrupted = deltaic_cancellation_new();
  std::signal(SIGINT, OnInterrupt);
  std::signal(SIGTERM, OnInterrupt);
}

std::pair<std::string, std::string> SplitSetting(const std::string& option,
                                                 const std::string& text) {
  const size_t equals = text.find('=');
  // The value may be a secret, so that only the option is named.
  if (equals == std::string::npos || equals == 0)
    throw CLI::ValidationError(option, "takes KEY=VALUE");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Options Context::StorageOptions() const {
  Options options;
  for (const std::string& setting : storage_options) {
    const auto [key, value] = SplitSetting("--storage-option", setting);
    options.Set(key, value);
  }
  return options;
}

Options Context::CallOptions() const {
  Options options;
  deltaic_options_set_cancellation(options.mutable_get(), interrupted);
  return options;
}

void Context::Say(const std::string& line) const {
  if (!quiet) std::fprintf(stderr, "%s\n", line.c_str());
}

void CatalogChoice::AddTo(CLI::App& command) {
  command
      .add_option("--catalog-commit", commits,
                  "Of a table of a catalog, a commit it has ratified; repeatable")
      ->allow_extra_args(false);
  command
      .add_option("--max-catalog-version", max_version,
                  "The newest version that the catalog has ratified")
      ->check(CLI::NonNegativeNumber);
}

Table CatalogChoice::At(const std::string& uri, const Context& context) const {
  Table table = Table::At(uri, context.StorageOptions());
  if (commits.empty() && max_version < 0) return table;
  Options options;
  if (!commits.empty()) options.SetList("catalog_commits", commits);
  if (max_version >= 0) options.Set("max_catalog_version", std::to_string(max_version));
  table.SetCatalog(options);
  return table;
}

void VersionChoice::AddTo(CLI::App& command) {
  catalog.AddTo(command);
  auto* by_version =
      command.add_option("--version", version, "Read this version")->check(CLI::NonNegativeNumber);
  command
      .add_option("--timestamp", timestamp,
                  "Read the newest version committed by then, as in '2024-01-31 10:00:00'")
      ->excludes(by_version);
}

Table VersionChoice::Open(const std::string& uri, const Context& context) const {
  Table table = catalog.At(uri, context);
  if (version >= 0) {
    table.LoadVersion(version);
    return table;
  }
  if (timestamp.empty()) {
    table.Load();
    return table;
  }
  int64_t timestamp_ms = 0;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_parse_timestamp(timestamp.c_str(), &timestamp_ms, &error);
  detail::Check(status, error);
  table.LoadTimestamp(timestamp_ms);
  return table;
}

}  // namespace deltaic::cli
