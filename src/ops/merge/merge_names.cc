#include "ops/merge/merge_names.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "expr/map_columns.h"

namespace deltaic {
namespace {

using Path = std::vector<std::string>;

std::string Join(const Path& path) {
  std::string out;
  for (const std::string& name : path) out += (out.empty() ? "" : ".") + name;
  return out;
}

}  // namespace

Status MergeNames::Check() const {
  if (target_alias.empty() || source_alias.empty())
    return Status::InvalidArgument("the aliases of a merge cannot be empty");
  if (EqualsIgnoringCase(target_alias, source_alias)) {
    return Status::InvalidArgument("target and source of a merge have the same alias, ",
                                   target_alias, "; give them different ones");
  }
  return Status();
}

SchemaPtr MergeNames::Scope() const {
  return DataType::Struct({StructField{.name = target_alias, .type = target},
                           StructField{.name = source_alias, .type = source}});
}

Result<ExprPtr> MergeNames::Qualify(const ExprPtr& expr, MergeSides sides,
                                    const std::string& where) const {
  return MapColumns(expr, [&](const ExprPtr& column) -> Result<ExprPtr> {
    DELTAIC_ASSIGN_OR_RETURN(Path path, Resolve(column->path(), sides, where));
    return Expr::Column(std::move(path));
  });
}

Result<Path> MergeNames::Resolve(const Path& path, MergeSides sides,
                                 const std::string& where) const {
  const bool sees_target = sides != MergeSides::kSource;
  const bool sees_source = sides != MergeSides::kTarget;
  const auto qualified = [&](const std::string& alias, Path rest) {
    rest.insert(rest.begin(), alias);
    return rest;
  };
  const auto out_of_sight = [&](const std::string& side) {
    return Status::InvalidArgument(where, " names ", Join(path), ", but there is no row of the ",
                                   side, " there");
  };
  if (path.size() > 1 && EqualsIgnoringCase(path[0], target_alias)) {
    if (!sees_target) return out_of_sight("table");
    return qualified(target_alias, Path(path.begin() + 1, path.end()));
  }
  if (path.size() > 1 && EqualsIgnoringCase(path[0], source_alias)) {
    if (!sees_source) return out_of_sight("source");
    return qualified(source_alias, Path(path.begin() + 1, path.end()));
  }
  const bool in_target = sees_target && target->FindField(path[0]) != nullptr;
  const bool in_source = sees_source && source->FindField(path[0]) != nullptr;
  if (in_target && in_source) {
    return Status::InvalidArgument(
        where, " names ", Join(path), ", which the table and the source both have; write ",
        target_alias, ".", Join(path), " or ", source_alias, ".", Join(path));
  }
  if (!in_target && !in_source) {
    if (sides == MergeSides::kBoth ||
        (target->FindField(path[0]) == nullptr && source->FindField(path[0]) == nullptr)) {
      return Status::InvalidArgument(where, " names ", Join(path),
                                     ", which is no column of the table or the source (",
                                     target_alias, ", ", source_alias, ")");
    }
    return out_of_sight(sides == MergeSides::kSource ? "table" : "source");
  }
  return qualified(in_target ? target_alias : source_alias, path);
}

Path MergeNames::TargetPath(const Path& path) const {
  if (path.size() > 1 && EqualsIgnoringCase(path[0], target_alias))
    return Path(path.begin() + 1, path.end());
  return path;
}

bool NamesSide(const Expr& expr, const std::string& alias) {
  return std::ranges::any_of(ReferencedColumns(expr),
                             [&](const Path& path) { return path.front() == alias; });
}

ExprPtr WithoutAlias(const ExprPtr& expr) {
  // The map below never fails.
  return *MapColumns(expr, [](const ExprPtr& column) -> Result<ExprPtr> {
    const Path& path = column->path();
    return Expr::Column(Path(path.begin() + 1, path.end()), column->type());
  });
}

}  // namespace deltaic
