#include "table/time_zones.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fork.h"
#include "base/made_once.h"

namespace deltaic {
namespace {

/// Where systems keep the zone database.
std::vector<std::string> ZoneFolders() {
  std::vector<std::string> folders;
  if (const char* given = std::getenv("TZDIR")) folders.emplace_back(given);
  for (const char* usual :
       {"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"}) {
    folders.emplace_back(usual);
  }
  return folders;
}

/// Whether it can be the name of a region, which never leads out of the database's folder.
bool IsRegionName(std::string_view name) {
  const auto is_usual = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() < 100 && name.front() != '/' &&
         std::ranges::all_of(name, is_usual);
}

std::optional<std::string> ReadZoneFile(const std::string& name) {
  constexpr std::streamsize kMostBytes = 1 << 20;
  for (const std::string& folder : ZoneFolders()) {
    std::ifstream file(folder + "/" + name, std::ios::binary);
    std::string bytes(kMostBytes, '\0');
    if (!file) continue;
    file.read(bytes.data(), kMostBytes);
    bytes.resize(static_cast<size_t>(file.gcount()));
    if (!bytes.empty()) return bytes;
  }
  return std::nullopt;
}

}  // namespace

Result<TimeZonePtr> FindTimeZone(const std::string& name) {
  if (const auto fixed = TimeZone::Fixed(name)) return *fixed;
  static constinit ForkSafeMutex mutex;
  auto& known = MadeOnce([] { return std::map<std::string, TimeZonePtr>(); });
  const std::lock_guard lock(mutex);
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  const std::optional<std::string> bytes = IsRegionName(name) ? ReadZoneFile(name) : std::nullopt;
  if (!bytes) {
    return Status::InvalidArgument("there is no time zone '", name,
                                   "'; name one as in Europe/Oslo (by the system's zone database), "
                                   "UTC or +02:00");
  }
  DELTAIC_ASSIGN_OR_RETURN(TimeZonePtr zone, TimeZone::FromTzif(name, *bytes));
  known.emplace(name, zone);
  return zone;
}

}  // namespace deltaic
