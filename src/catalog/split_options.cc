#include "catalog/split_options.h"

#include <algorithm>

#include "base/ascii.h"

namespace deltaic {
namespace {

bool Knows(std::span<const OptionKey> keys, const std::string& name) {
  const std::string wanted = AsciiLower(name);
  return std::ranges::any_of(keys, [&](const OptionKey& key) {
    return key.name == wanted || std::ranges::find(key.aliases, wanted) != key.aliases.end();
  });
}

}  // namespace

OptionsOfBoth Split(const std::map<std::string, std::string>& given, std::span<const OptionKey> own,
                    std::span<const OptionKey> shared) {
  OptionsOfBoth out;
  for (const auto& [name, value] : given) {
    const bool is_own = Knows(own, name);
    if (is_own || Knows(shared, name)) out.catalog.emplace(name, value);
    if (!is_own) out.storage.emplace(name, value);
  }
  return out;
}

}  // namespace deltaic
