#pragma once

#include <map>
#include <span>
#include <string>

#include "net/option_set.h"

namespace deltaic {

/// Options of a catalog and of the storage behind it, which are given together.
struct OptionsOfBoth {
  std::map<std::string, std::string> catalog;
  std::map<std::string, std::string> storage;
};

/// What `own` names is the catalog's alone; what `shared` names (timeouts, proxies) goes to both;
/// all else is the storage's, which knows what it knows.
OptionsOfBoth Split(const std::map<std::string, std::string>& given, std::span<const OptionKey> own,
                    std::span<const OptionKey> shared);

}  // namespace deltaic
