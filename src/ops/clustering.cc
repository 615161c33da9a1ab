#include "ops/clustering.h"

#include <algorithm>
#include <utility>

#include "protocol/column_path.h"
#include "protocol/table_features.h"

namespace deltaic {
namespace {

bool HasBounds(TypeId id) {
  switch (id) {
    case TypeId::kBoolean:
    case TypeId::kBinary:
    case TypeId::kVariant:
    case TypeId::kVoid:
    case TypeId::kStruct:
    case TypeId::kArray:
    case TypeId::kMap:
      return false;
    default:
      return true;
  }
}

std::string Join(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& name : path) out += (out.empty() ? "" : ".") + name;
  return out;
}

const StructField* FindPhysical(const DataType& type, const std::string& name) {
  const auto& fields = type.fields();
  const auto it = std::find_if(fields.begin(), fields.end(), [&](const StructField& field) {
    return field.physical_name() == name;
  });
  return it == fields.end() ? nullptr : &*it;
}

}  // namespace

std::string LogicalName(const Schema& schema, const PhysicalPath& path) {
  std::vector<std::string> names;
  const DataType* type = &schema;
  for (const std::string& name : path) {
    const StructField* found = type->id() == TypeId::kStruct ? FindPhysical(*type, name) : nullptr;
    names.push_back(found == nullptr ? name : found->name);
    if (found == nullptr) break;
    type = found->type.get();
  }
  return Join(names);
}

Result<std::optional<std::vector<PhysicalPath>>> ClusteringColumnsOf(const Snapshot& snapshot) {
  std::optional<std::vector<PhysicalPath>> columns;
  if (!ProtocolHasFeature(snapshot.protocol(), "clustering")) return columns;
  DELTAIC_ASSIGN_OR_RETURN(const auto domains, snapshot.Domains());
  for (const DomainMetadata& domain : domains) {
    if (domain.domain != kClusteringDomain || domain.removed) continue;
    DELTAIC_ASSIGN_OR_RETURN(columns, ParseClusteringDomain(domain.configuration));
  }
  return columns;
}

Result<std::vector<PhysicalPath>> ResolveClusteringColumns(
    const Schema& schema, const std::vector<std::string>& columns) {
  if (columns.size() > kMaxClusteringColumns) {
    return Status::InvalidArgument("a table can be clustered by at most ", kMaxClusteringColumns,
                                   " columns, not ", columns.size());
  }
  std::vector<PhysicalPath> out;
  for (const std::string& column : columns) {
    DELTAIC_ASSIGN_OR_RETURN(const std::vector<std::string> names, ParseColumnPath(column));
    PhysicalPath path;
    const DataType* type = &schema;
    for (const std::string& name : names) {
      const StructField* field = type->id() == TypeId::kStruct ? type->FindField(name) : nullptr;
      if (field == nullptr) {
        return Status::InvalidArgument("clustering column '", column, "' is not in the schema ",
                                       schema.ToString());
      }
      path.push_back(field->physical_name());
      type = field->type.get();
    }
    if (!HasBounds(type->id())) {
      return Status::InvalidArgument("column '", column, "' of type ", type->ToString(),
                                     " cannot cluster a table: it has no bounds");
    }
    if (std::find(out.begin(), out.end(), path) != out.end()) {
      return Status::InvalidArgument("clustering column '", column, "' is given twice");
    }
    out.push_back(std::move(path));
  }
  return out;
}

DomainMetadata ClusteringDomain(const std::vector<PhysicalPath>& columns) {
  return DomainMetadata{.domain = std::string(kClusteringDomain),
                        .configuration = FormatClusteringDomain(columns)};
}

Status CheckClusteringColumnsStay(const Schema& schema, const std::vector<PhysicalPath>& columns) {
  for (const PhysicalPath& path : columns) {
    const DataType* type = &schema;
    for (const std::string& name : path) {
      const StructField* field =
          type->id() == TypeId::kStruct ? FindPhysical(*type, name) : nullptr;
      if (field == nullptr) {
        return Status::Unsupported("the table is clustered by ", Join(path),
                                   ", which the new schema lacks; keep the column, or replace the "
                                   "table");
      }
      type = field->type.get();
    }
  }
  return Status();
}

}  // namespace deltaic
