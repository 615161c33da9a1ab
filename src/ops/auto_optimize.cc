#include "ops/auto_optimize.h"

#include "base/ascii.h"

namespace deltaic {
namespace {

bool IsOn(const StringMap& configuration, const char* key) {
  const auto found = configuration.find(key);
  if (found != configuration.end()) return !EqualsIgnoringCase(found->second, "false");
  const auto both = configuration.find("delta.autoOptimize");
  return both != configuration.end() && EqualsIgnoringCase(both->second, "true");
}

}  // namespace

bool CompactsAutomatically(const StringMap& configuration) {
  return IsOn(configuration, "delta.autoOptimize.autoCompact");
}

bool OptimizesWrites(const StringMap& configuration) {
  return IsOn(configuration, "delta.autoOptimize.optimizeWrite");
}

}  // namespace deltaic
