#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic::ingest {

/// A flag's values as a configuration file has them.
struct ConfigValue {
  std::vector<std::string> texts;
  int line = 0;
  bool is_table = false;  ///< of KEY=VALUE texts
};

/// What a file gives flags, by their long name without the dashes ('-' for '_').
using ConfigValues = std::map<std::string, ConfigValue, std::less<>>;

struct ConfigRoute {
  ConfigValues values;  ///< its own, and of the file's top where it has none; tables are merged
  int line = 0;
};

struct ConfigFile {
  std::string path;
  ConfigValues top;
  std::vector<ConfigRoute> routes;
};

/// Reads a TOML file: keys are long names of flags; `[[route]]` tables have those of one topic and
/// table. `${NAME}` in a text is the environment's.
/// \param text  untrusted.  \param path  for messages.
/// \retval kInvalidArgument  not TOML, a value of a kind that no flag has, a variable that is not
/// set, no route: with file, line and key.
Result<ConfigFile> ParseConfigFile(std::string_view text, const std::string& path);
/// \retval kNotFound  no such file
Result<ConfigFile> ReadConfigFile(const std::string& path);

}  // namespace deltaic::ingest
