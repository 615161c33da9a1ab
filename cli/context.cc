#include "context.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdint>
#include <cstdio>

#include "interrupt.h"
#include "usage.h"

namespace deltaic::cli {
namespace {

deltaic_cancellation* interrupted = nullptr;
volatile std::sig_atomic_t was_interrupted = 0;

void OnInterrupt(int signal) {
  was_interrupted = 1;
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

bool IsInterrupted() { return was_interrupted != 0; }

void Context::Say(const std::string& line) const {
  if (!quiet) std::fprintf(stderr, "%s\n", line.c_str());
}

namespace {

/// "512 MiB", "2GB", "1000000" in bytes; -1 for what is none.
int64_t ParseBytes(const std::string& text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 18) return -1;
  const int64_t number = std::stoll(text.substr(0, digits));
  if (digits == text.size()) return number;
  std::string unit;
  for (const char c : text.substr(digits)) {
    if (c != ' ') unit.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  static constexpr std::pair<const char*, int64_t> kUnits[] = {{"b", 1},
                                                               {"kb", 1000},
                                                               {"k", 1 << 10},
                                                               {"kib", 1 << 10},
                                                               {"mb", 1000 * 1000},
                                                               {"m", 1 << 20},
                                                               {"mib", 1 << 20},
                                                               {"gb", 1000 * 1000 * 1000},
                                                               {"g", 1 << 30},
                                                               {"gib", 1 << 30}};
  for (const auto& [name, bytes] : kUnits) {
    if (unit == name) return number > INT64_MAX / bytes ? -1 : number * bytes;
  }
  return -1;
}

}  // namespace

void AddMemoryOption(CLI::App& command, std::string& text) {
  AddBytesOption(command, "--max-memory", text,
                 "What rows on their way may take, as in '512 MiB'; by default by the machine");
}

void AddBytesOption(CLI::App& command, const std::string& flag, std::string& text,
                    const std::string& meaning) {
  command.add_option(flag, text, meaning)
      ->check(CLI::Validator(
          [](std::string& given) -> std::string {
            return ParseBytes(given) > 0
                       ? ""
                       : "takes a number of bytes such as 512MiB or 2GB, not '" + given + "'";
          },
          "BYTES"));
}

void AddTimezoneOption(CLI::App& command, std::string& name) {
  command.add_option(
      "--timezone", name,
      "Of times in --where that name none, as Europe/Oslo or +02:00; by default UTC");
}

void SetTimezone(Options& options, const std::string& name) {
  if (!name.empty()) options.Set("timezone", name);
}

void SetMemory(Options& options, const std::string& text) {
  SetBytes(options, "max_memory_bytes", text);
}

void SetBytes(Options& options, const std::string& key, const std::string& text) {
  if (!text.empty()) options.Set(key, std::to_string(ParseBytes(text)));
}

int64_t DetailOf(const Table& table, const char* key, const Context& context) {
  simdjson::dom::parser parser;
  const std::string details = table.DetailsJson(context.CallOptions());
  int64_t number = 0;
  return parser.parse(details)[key].get(number) == simdjson::SUCCESS ? number : 0;
}

void CatalogChoice::AddTo(CLI::App& command) {
  command
      .add_option("--catalog-commit", commits,
                  "Of a table of a catalog, a commit it has ratified; repeatable")
      ->allow_extra_args(false);
  command
      .add_option("--max-catalog-version", max_version,
                  "The newest version that the catalog has ratified")
      ->check(WholeNumber());
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
      command.add_option("--version", version, "Read this version")->check(WholeNumber());
  command
      .add_option("--timestamp", timestamp,
                  "Read the newest version committed by then, as in '2024-01-31 10:00:00'")
      ->excludes(by_version);
}

Table VersionChoice::Open(const std::string& uri, const Context& context) const {
  Table table = catalog.At(uri, context);
  if (version >= 0) {
    table.LoadVersion(version, context.CallOptions());
    return table;
  }
  if (timestamp.empty()) {
    table.Load(context.CallOptions());
    return table;
  }
  int64_t timestamp_ms = 0;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_parse_timestamp(timestamp.c_str(), &timestamp_ms, &error);
  detail::Check(status, error);
  table.LoadTimestamp(timestamp_ms, context.CallOptions());
  return table;
}

}  // namespace deltaic::cli
