#include "net/option_set.h"

#include <charconv>
#include <cstdlib>

#include "base/ascii.h"
#include "base/nearest_name.h"

namespace deltaic {
namespace {

std::string UpperCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

Status UnknownKey(std::string_view key, const std::vector<OptionKey>& keys) {
  std::vector<std::string_view> names;
  for (const OptionKey& known : keys) {
    names.push_back(known.name);
    names.insert(names.end(), known.aliases.begin(), known.aliases.end());
  }
  const std::string_view nearest = NearestName(key, names);
  if (nearest.empty()) {
    return Status::InvalidArgument("unknown storage option \"", key,
                                   "\"; docs/storage.md lists those of this store");
  }
  return Status::InvalidArgument("unknown storage option \"", key, "\"; did you mean \"", nearest,
                                 "\"?");
}

const OptionKey* FindKey(const std::vector<OptionKey>& keys, std::string_view name) {
  for (const OptionKey& key : keys) {
    if (key.name == name) return &key;
    for (const std::string_view alias : key.aliases) {
      if (alias == name) return &key;
    }
  }
  return nullptr;
}

Status BadValue(std::string_view name, std::string_view wanted) {
  return Status::InvalidArgument("storage option ", name, " is not ", wanted);
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

Result<OptionSet> OptionSet::Make(std::vector<OptionKey> keys, std::string_view prefix,
                                  const std::map<std::string, std::string>& given,
                                  const Environment& environment) {
  OptionSet out;
  out.environment_ = environment;
  for (const auto& [text, value] : given) {
    const OptionKey* key = FindKey(keys, AsciiLower(text));
    if (key == nullptr) return UnknownKey(text, keys);
    if (key->is_ignored || value.empty()) continue;
    const auto [at, is_new] = out.values_.try_emplace(std::string(key->name), Value{value, true});
    if (!is_new && at->second.text != value) {
      return Status::InvalidArgument("storage option ", key->name,
                                     " is given twice, by two of its names, with two values");
    }
  }
  for (const OptionKey& key : keys) {
    if (key.is_ignored || out.values_.contains(key.name)) continue;
    std::vector<std::string_view> names{key.name};
    names.insert(names.end(), key.aliases.begin(), key.aliases.end());
    for (const std::string_view name : names) {
      if (!name.starts_with(prefix)) continue;
      if (auto value = environment(UpperCase(name))) {
        out.values_.try_emplace(std::string(key.name), Value{*std::move(value), false});
        break;
      }
    }
  }
  return out;
}

std::optional<std::string> OptionSet::Find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second.text;
}

std::string OptionSet::Get(std::string_view name, std::string_view otherwise) const {
  return Find(name).value_or(std::string(otherwise));
}

bool OptionSet::WasGiven(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() && found->second.was_given;
}

Result<bool> OptionSet::GetBool(std::string_view name, bool otherwise) const {
  const auto value = Find(name);
  if (!value) return otherwise;
  const std::string text = AsciiLower(TrimSpace(*value));
  for (const std::string_view yes : {"1", "true", "on", "yes", "y"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "false", "off", "no", "n"}) {
    if (text == no) return false;
  }
  return BadValue(name, "true or false");
}

Result<int64_t> OptionSet::GetInt(std::string_view name, int64_t otherwise, int64_t min,
                                  int64_t max) const {
  const auto value = Find(name);
  if (!value) return otherwise;
  const std::string_view text = TrimSpace(*value);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return BadValue(name, Concat("a number from ", min, " to ", max));
  }
  return number;
}

Result<std::chrono::milliseconds> OptionSet::GetDuration(
    std::string_view name, std::chrono::milliseconds otherwise) const {
  const auto value = Find(name);
  if (!value) return otherwise;
  const std::string text = AsciiLower(TrimSpace(*value));
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit =
      TrimSpace(std::string_view(end, static_cast<size_t>(text.data() + text.size() - end)));
  int64_t unit_ms = 0;
  if (unit == "ms" || unit == "milliseconds") unit_ms = 1;
  if (unit.empty() || unit == "s" || unit == "sec" || unit == "secs" || unit == "seconds")
    unit_ms = 1'000;
  if (unit == "m" || unit == "min" || unit == "minutes") unit_ms = 60'000;
  if (unit == "h" || unit == "hours") unit_ms = 3'600'000;
  constexpr int64_t kLongestMs = int64_t{7} * 24 * 3'600'000;
  if (error != std::errc() || unit_ms == 0 || number < 0 || number > kLongestMs / unit_ms) {
    return BadValue(name, "a duration such as 500ms, 30s or 2m");
  }
  return std::chrono::milliseconds(number * unit_ms);
}

}  // namespace deltaic
