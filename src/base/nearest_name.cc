#include "base/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/ascii.h"

namespace deltaic {
namespace {

/// Levenshtein's distance, in bytes.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view NearestName(std::string_view name, std::span<const std::string_view> names) {
  constexpr size_t kLongestCompared = 256;
  constexpr size_t kShortestBeginning = 4;
  if (name.size() > kLongestCompared) return {};
  const std::string wanted = AsciiLower(name);
  std::string_view nearest;
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;  // farther names would not help
  for (const std::string_view candidate : names) {
    const std::string other = AsciiLower(candidate);
    // The beginning of a name stands for it, however long the rest is.
    const bool begins = wanted.size() >= kShortestBeginning && other.starts_with(wanted);
    const size_t distance = begins ? 1 : EditDistance(wanted, other);
    // A name with nothing in common is near only because it is short.
    if (distance < best && distance < std::max(name.size(), candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace deltaic
