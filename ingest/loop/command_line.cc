#include "ingest/loop/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "ingest/loop/config_file.h"
#include "ingest/loop/ingest_flags.h"

namespace deltaic::ingest {
namespace {

using Given = std::map<std::string, std::vector<std::string>>;  // by long name

/// Flags of the process: a route has none of them.
const std::set<std::string, std::less<>> kOfProcess = {
    "check",        "config",         "librdkafka",      "live",        "log-format", "log-level",
    "memory-limit", "metrics-listen", "statsd-endpoint", "stop-timeout"};

std::string NameOf(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_single_name() : option.get_lnames().front();
}

/// The option of a file's key; nullptr where there is none.
const CLI::Option* Find(const CLI::App& app, const std::string& key) {
  if (key == "topic") return app.get_option_no_throw("TOPIC");
  if (key == "table") return app.get_option_no_throw("TABLE");
  return app.get_option_no_throw("--" + key);
}

Status Parse(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Status::InvalidArgument(error.what());
  }
  return Status();
}

/// What the command line itself gives.
Result<Given> GivenBy(int argc, const char* const* argv, bool has_file) {
  IngestFlags flags;
  CLI::App app;
  flags.AddTo(app);
  for (CLI::Option* option : app.get_options()) {
    option->envname("");
    if (has_file) option->required(false);
  }
  const Status parsed = Parse(app, argc, argv);
  if (!parsed.ok()) return Status::InvalidArgument(parsed.message(), "; see deltaic ingest --help");
  Given out;
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() > 0) out[NameOf(*option)] = option->results();
  }
  return out;
}

/// One route's flags, from all that give some.
class RouteReader {
 public:
  RouteReader(const ConfigFile& file, const ConfigRoute& route, const Given& given)
      : file_(file), route_(route), given_(given) {}

  Result<IngestOptions> Read(ProcessOptions& process) {
    IngestFlags flags;
    CLI::App app;
    flags.AddTo(app);
    DELTAIC_RETURN_IF_ERROR(Collect(app));
    std::vector<std::string> arguments = {"deltaic ingest"};
    for (const auto& [name, values] : values_) {
      for (const std::string& value : values) {
        if (name != "TOPIC" && name != "TABLE") {
          arguments.push_back(Concat("--", name, '=', value));
        }
      }
    }
    for (const char* name : {"TOPIC", "TABLE"}) {
      if (values_.contains(name)) arguments.push_back(values_[name].front());
    }
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    if (const Status parsed = Parse(app, static_cast<int>(argv.size()), argv.data());
        !parsed.ok()) {
      return At(parsed);
    }
    Result<IngestOptions> options = flags.Finish();
    if (!options.ok()) return At(options.status());
    process = flags.process();
    return options;
  }

 private:
  Status Collect(const CLI::App& app) {
    for (const auto& [key, value] : route_.values) {
      const CLI::Option* option = Find(app, key);
      if (option == nullptr || key == "config" || key == "help") {
        return Bad(value.line, key, "is not a setting");
      }
      const std::string name = NameOf(*option);
      lines_[name] = value.line;
      if (!given_.contains(name)) values_[name] = value.texts;
    }
    for (const auto& [name, values] : given_) {
      if (name != "config") values_[name] = values;
    }
    for (const char* name : {"TOPIC", "TABLE"}) {
      if (!values_.contains(name)) {
        return Bad(route_.line, "[[route]]", Concat("has no ", name[1] == 'O' ? "topic" : "table"));
      }
    }
    return Status();
  }

  Status Bad(int line, std::string_view key, std::string_view why) const {
    return Status::InvalidArgument(file_.path, " line ", line, ": ", key, ' ', why);
  }

  /// The error with the line of the setting it speaks of.
  Status At(const Status& error) const {
    int line = route_.line;
    for (const auto& [name, of_name] : lines_) {
      if (error.message().find("--" + name) != std::string_view::npos) line = of_name;
    }
    return error.WithContext(Concat(file_.path, " line ", line));
  }

  const ConfigFile& file_;
  const ConfigRoute& route_;
  const Given& given_;
  Given values_;
  std::map<std::string, int> lines_;
};

/// What routes must not share, for each remembers positions by app id and partition.
Status CheckRoutes(const ConfigFile& file, const std::vector<IngestOptions>& routes) {
  std::map<std::tuple<std::string, std::string, std::string>, int> topics;
  std::map<std::pair<std::string, std::string>, int> tables, dlq_tables;
  for (size_t i = 0; i < routes.size(); ++i) {
    const IngestOptions& route = routes[i];
    const int line = file.routes[i].line;
    const auto twice = [&](const auto& place, std::string_view what) {
      return Status::InvalidArgument(file.path, " line ", line, ": ", what,
                                     ", as the route of line ", place.first->second);
    };
    if (const auto at = topics.emplace(std::tuple(route.brokers, route.group, route.topic), line);
        !at.second) {
      return twice(at, Concat("reads topic ", route.topic, " in group ", route.group,
                              " (give it a consumer-group of its own)"));
    }
    if (const auto at = tables.emplace(std::pair(route.table, route.app_id), line); !at.second) {
      return twice(at, Concat("writes to ", route.table, " as app-id ", route.app_id,
                              " (give it an app-id of its own)"));
    }
    if (route.dlq_table.empty()) continue;
    if (const auto at = dlq_tables.emplace(std::pair(route.dlq_table, route.app_id), line);
        !at.second) {
      return twice(at, Concat("has its dead letters in ", route.dlq_table, " as app-id ",
                              route.app_id, " (give it an app-id of its own)"));
    }
  }
  return Status();
}

Status CheckTop(const ConfigFile& file) {
  for (size_t i = 0; i < file.routes.size(); ++i) {
    for (const auto& [key, value] : file.routes[i].values) {
      if (kOfProcess.contains(key) && !file.top.contains(key)) {
        return Status::InvalidArgument(file.path, " line ", value.line, ": ", key,
                                       " is of the process: it belongs above all [[route]]");
      }
    }
  }
  return Status();
}

}  // namespace

Result<CommandLine> ReadCommandLine(int argc, const char* const* argv) {
  CommandLine out;
  bool has_file = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    has_file = has_file || argument == "--config" || argument.starts_with("--config=");
  }
  if (!has_file) {
    IngestFlags flags;
    CLI::App app("Reads Kafka topics into Delta tables, each message once.", "deltaic ingest");
    flags.AddTo(app);
    try {
      app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      out.text = app.help();
      return out;
    } catch (const CLI::ParseError& error) {
      return Status::InvalidArgument(error.what(), "; see deltaic ingest --help");
    }
    DELTAIC_ASSIGN_OR_RETURN(IngestOptions options, flags.Finish());
    out.routes.push_back(std::move(options));
    out.process = flags.process();
    return out;
  }
  DELTAIC_ASSIGN_OR_RETURN(const Given given, GivenBy(argc, argv, has_file));
  const auto path = given.find("config");
  if (path == given.end()) return Status::InvalidArgument("--config needs a file");
  DELTAIC_ASSIGN_OR_RETURN(const ConfigFile file, ReadConfigFile(path->second.front()));
  DELTAIC_RETURN_IF_ERROR(CheckTop(file));
  if (file.routes.size() > 1 && (given.contains("TOPIC") || given.contains("TABLE"))) {
    return Status::InvalidArgument("TOPIC and TABLE are those of ", file.path, ", which has ",
                                   file.routes.size(), " routes");
  }
  for (const ConfigRoute& route : file.routes) {
    DELTAIC_ASSIGN_OR_RETURN(IngestOptions options,
                             RouteReader(file, route, given).Read(out.process));
    out.routes.push_back(std::move(options));
  }
  DELTAIC_RETURN_IF_ERROR(CheckRoutes(file, out.routes));
  return out;
}

}  // namespace deltaic::ingest
