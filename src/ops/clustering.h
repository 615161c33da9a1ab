#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/clustering_domain.h"
#include "protocol/schema.h"
#include "table/snapshot.h"

namespace deltaic {

// Clustered tables: which columns a table is clustered by stands in its domain `delta.clustering`.
// Source: PROTOCOL.md, "Clustered Table".

inline constexpr size_t kMaxClusteringColumns = 4;

/// The clustering columns of a table; nullopt where it is not clustered, empty where it is by no
/// column.
/// \retval kCorruption  the domain's text is not valid.
Result<std::optional<std::vector<PhysicalPath>>> ClusteringColumnsOf(const Snapshot& snapshot);

/// The physical paths of columns named by users ("a", "s.b").
/// \retval kInvalidArgument  unknown, repeated, too many, or of a type that has no bounds.
Result<std::vector<PhysicalPath>> ResolveClusteringColumns(const Schema& schema,
                                                           const std::vector<std::string>& columns);

/// "a", "s.b": the path in logical names. What the schema lacks ends it, as it is.
std::string LogicalName(const Schema& schema, const PhysicalPath& path);

/// The action that clusters a table by these columns.
DomainMetadata ClusteringDomain(const std::vector<PhysicalPath>& columns);

/// Ok where `schema` has all of them.
/// \retval kUnsupported  naming one that it lacks.
Status CheckClusteringColumnsStay(const Schema& schema, const std::vector<PhysicalPath>& columns);

}  // namespace deltaic
