#include "protocol/clustering_domain.h"

#include "protocol/json.h"
#include "protocol/json_reader.h"

namespace deltaic {

Result<std::vector<PhysicalPath>> ParseClusteringDomain(std::string_view configuration) {
  std::vector<PhysicalPath> columns;
  const auto read = [&]() -> Status {
    json::ParserLease parser;
    DELTAIC_ASSIGN_OR_RETURN(auto document, parser.Start(configuration));
    return json::ForEachField(document, [&](std::string_view key, json::JsonValue& value) {
      if (key != "clusteringColumns") return json::Skip(value);
      return json::ForEachElement(value, [&](json::JsonValue& path) {
        return json::ReadValue(path, columns.emplace_back());
      });
    });
  };
  const Status status = read();
  if (status.ok()) return columns;
  return Status::Corruption("the domain delta.clustering cannot be read: ", status.message());
}

std::string FormatClusteringDomain(const std::vector<PhysicalPath>& columns) {
  JsonWriter json;
  json.BeginObject().Key("clusteringColumns").BeginArray();
  for (const PhysicalPath& path : columns) {
    json.BeginArray();
    for (const std::string& name : path) json.String(name);
    json.EndArray();
  }
  // The reference writes the domain's own name beside it.
  json.EndArray().Key("domainName").String(kClusteringDomain).EndObject();
  return json.Take();
}

}  // namespace deltaic
