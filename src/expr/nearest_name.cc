#include "expr/nearest_name.h"

#include <string>
#include <string_view>
#include <vector>

namespace deltaic {
namespace {

std::string_view NearestField(std::string_view name, const DataType& level) {
  std::vector<std::string_view> names;
  for (const StructField& field : level.fields()) names.push_back(field.name);
  return NearestName(name, names);
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

Status UnknownColumn(const Expr& column, size_t part, const DataType& level,
                     std::string_view asked_by) {
  const std::string_view nearest = NearestField(column.path()[part], level);
  if (nearest.empty()) {
    return Status::InvalidArgument(asked_by, ": there is no column ", column.ToSql(),
                                   "; there are: ", ListFields(level));
  }
  std::vector<std::string> path(column.path().begin(),
                                column.path().begin() + static_cast<ptrdiff_t>(part));
  path.emplace_back(nearest);
  return Status::InvalidArgument(asked_by, ": there is no column ", column.ToSql(),
                                 "; did you mean ", Expr::Column(path)->ToSql(), "?");
}

}  // namespace deltaic
