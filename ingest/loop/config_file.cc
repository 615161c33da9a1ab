#include "ingest/loop/config_file.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace deltaic::ingest {
namespace {

constexpr std::string_view kRoute = "route";

class ConfigReader {
 public:
  explicit ConfigReader(std::string path) : path_(std::move(path)) {}

  Result<ConfigFile> Read(const toml::table& root) {
    ConfigFile out{.path = path_, .top = {}, .routes = {}};
    const toml::array* routes = nullptr;
    for (const auto& [key, node] : root) {
      if (key.str() != kRoute) {
        DELTAIC_RETURN_IF_ERROR(Add(std::string(key.str()), node, out.top));
        continue;
      }
      routes = node.as_array();
      if (routes == nullptr || !routes->is_array_of_tables()) {
        return Bad(node, kRoute, "routes are tables: [[route]]");
      }
    }
    if (routes == nullptr) {
      return Status::InvalidArgument(path_, ": no [[route]] with topic and table");
    }
    for (const toml::node& node : *routes) {
      ConfigRoute& route = out.routes.emplace_back();
      route.line = LineOf(node);
      for (const auto& [key, value] : *node.as_table()) {
        DELTAIC_RETURN_IF_ERROR(Add(std::string(key.str()), value, route.values));
      }
      for (const auto& [name, value] : out.top) Inherit(name, value, route.values);
    }
    return out;
  }

 private:
  static int LineOf(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

  Status Bad(const toml::node& node, std::string_view key, std::string_view why) const {
    return Status::InvalidArgument(path_, " line ", LineOf(node), ": ", key, ": ", why);
  }

  static void Inherit(const std::string& name, const ConfigValue& from, ConfigValues& to) {
    const auto [found, is_new] = to.try_emplace(name, from);
    if (is_new || !from.is_table || !found->second.is_table) return;
    // The route's own settings count, the others are added.
    const auto key_of = [](const std::string& text) { return text.substr(0, text.find('=')); };
    std::vector<std::string>& own = found->second.texts;
    const size_t num_own = own.size();
    for (const std::string& text : from.texts) {
      const bool has = std::any_of(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(num_own),
                                   [&](const auto& o) { return key_of(o) == key_of(text); });
      if (!has) own.push_back(text);
    }
  }

  Status Add(std::string key, const toml::node& node, ConfigValues& to) const {
    std::string name = key;
    std::ranges::replace(name, '_', '-');
    ConfigValue value;
    value.line = LineOf(node);
    if (const toml::table* table = node.as_table()) {
      value.is_table = true;
      DELTAIC_RETURN_IF_ERROR(AddTable(key, "", *table, value.texts));
    } else if (const toml::array* array = node.as_array()) {
      for (const toml::node& element : *array) {
        DELTAIC_ASSIGN_OR_RETURN(std::string text, TextOf(key, element));
        value.texts.push_back(std::move(text));
      }
    } else {
      DELTAIC_ASSIGN_OR_RETURN(std::string text, TextOf(key, node));
      value.texts.push_back(std::move(text));
    }
    const int line = value.line;
    if (!to.emplace(std::move(name), std::move(value)).second) {
      return Status::InvalidArgument(path_, " line ", line, ": ", key, " is there twice");
    }
    return Status();
  }

  /// KEY=VALUE texts; dotted keys are tables in TOML.
  Status AddTable(const std::string& key, const std::string& prefix, const toml::table& table,
                  std::vector<std::string>& out) const {
    for (const auto& [name, node] : table) {
      const std::string whole = prefix + std::string(name.str());
      if (const toml::table* inner = node.as_table()) {
        DELTAIC_RETURN_IF_ERROR(AddTable(key, whole + ".", *inner, out));
        continue;
      }
      DELTAIC_ASSIGN_OR_RETURN(const std::string text, TextOf(key + "." + whole, node));
      out.push_back(Concat(whole, '=', text));
    }
    return Status();
  }

  Result<std::string> TextOf(const std::string& key, const toml::node& node) const {
    if (const auto text = node.value_exact<std::string>()) return Expanded(key, node, *text);
    if (const auto number = node.value_exact<int64_t>()) return std::to_string(*number);
    if (const auto flag = node.value_exact<bool>()) return std::string(*flag ? "true" : "false");
    if (const auto number = node.value_exact<double>()) {
      std::ostringstream out;
      out.precision(17);
      out << *number;
      return out.str();
    }
    return Bad(node, key, "expected a text, a number, true or false, or an array of them");
  }

  Result<std::string> Expanded(const std::string& key, const toml::node& node,
                               const std::string& text) const {
    std::string out;
    size_t at = 0;
    while (true) {
      const size_t begin = text.find("${", at);
      if (begin == std::string::npos) return out + text.substr(at);
      const size_t end = text.find('}', begin);
      if (end == std::string::npos) return Bad(node, key, "${ without }");
      const std::string name = text.substr(begin + 2, end - begin - 2);
      const char* value = std::getenv(name.c_str());
      if (value == nullptr) {
        return Bad(node, key, Concat("the environment has no variable ", name));
      }
      out += text.substr(at, begin - at) + value;
      at = end + 1;
    }
  }

  const std::string path_;
};

}  // namespace

Result<ConfigFile> ParseConfigFile(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, std::string_view(path));
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Status::InvalidArgument(path, " line ", error.source().begin.line, ": ",
                                   error.description());
  }
  return ConfigReader(path).Read(parsed.table());
}

Result<ConfigFile> ReadConfigFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return Status::NotFound("--config ", path, ": cannot be read");
  }
  return ParseConfigFile(text.str(), path);
}

}  // namespace deltaic::ingest
