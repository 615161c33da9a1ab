#include "expr/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "expr/sql_words.h"

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

const StructField* NearestField(std::string_view name, const DataType& level) {
  const std::string wanted = UpperAscii(name);
  const StructField* nearest = nullptr;
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;  // farther names would not help
  for (const StructField& field : level.fields()) {
    const size_t distance = EditDistance(wanted, UpperAscii(field.name));
    // A name with nothing in common is near only because it is short.
    if (distance < best && distance < std::max(name.size(), field.name.size())) {
      best = distance;
      nearest = &field;
    }
  }
  return nearest;
}

std::string ListFields(const DataType& level) {
  constexpr size_t kMaxListed = 10;
  std::string out;
  for (size_t i = 0; i < level.fields().size() && i < kMaxListed; ++i) {
    out += Concat(i == 0 ? "" : ", ", level.fields()[i].name);
  }
  return level.fields().size() > kMaxListed ? out + ", ..." : out;
}

}  // namespace

Status UnknownColumn(const Expr& column, size_t part, const DataType& level) {
  constexpr size_t kLongestCompared = 256;
  const std::string& name = column.path()[part];
  const StructField* nearest =
      name.size() <= kLongestCompared ? NearestField(name, level) : nullptr;
  if (nearest == nullptr) {
    return Status::InvalidArgument("predicate: there is no column ", column.ToSql(),
                                   "; there are: ", ListFields(level));
  }
  std::vector<std::string> path(column.path().begin(),
                                column.path().begin() + static_cast<ptrdiff_t>(part));
  path.push_back(nearest->name);
  return Status::InvalidArgument("predicate: there is no column ", column.ToSql(),
                                 "; did you mean ", Expr::Column(path)->ToSql(), "?");
}

}  // namespace deltaic
