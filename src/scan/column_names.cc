#include "scan/column_names.h"

#include <set>

#include "expr/nearest_name.h"

namespace deltaic {

Result<std::vector<std::string>> ResolveColumnNames(
    const Schema& schema, const std::optional<std::vector<std::string>>& wanted) {
  std::vector<std::string> names;
  if (!wanted) {
    for (const StructField& field : schema.fields()) names.push_back(field.name);
    return names;
  }
  std::set<std::string> seen;
  for (const std::string& name : *wanted) {
    const StructField* field = schema.FindField(name);
    if (field == nullptr) return UnknownColumn(*Expr::Column({name}), 0, schema, "columns");
    if (!seen.insert(field->name).second)
      return Status::InvalidArgument("column ", name, " is asked for twice");
    names.push_back(field->name);
  }
  return names;
}

Result<std::vector<std::string>> ResolveStringColumns(const Schema& schema,
                                                      const std::vector<std::string>& wanted) {
  DELTAIC_ASSIGN_OR_RETURN(auto names, ResolveColumnNames(schema, wanted));
  for (const std::string& name : names) {
    if (schema.FindField(name)->type->id() != TypeId::kString) {
      return Status::InvalidArgument("column ", name,
                                     " is no string; only strings come as dictionaries");
    }
  }
  return names;
}

}  // namespace deltaic
