#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "ops/table_definition.h"
#include "protocol/schema.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

enum class SaveMode { kError, kAppend, kOverwrite, kIgnore };

struct CreateOptions {
  SchemaPtr schema;
  std::vector<std::string> partition_by;
  StringMap properties;  ///< validated; delta.minReaderVersion, delta.minWriterVersion and
                         ///< delta.feature.* steer the protocol and are not stored
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> cluster_by;  ///< at most 4 columns ("a", "s.b"); not with
                                                       ///< partition_by
  SaveMode mode = SaveMode::kError;  ///< kIgnore: an existing table is left alone; kOverwrite:
                                     ///< replaced by an empty one in a new version
  CommitSpec commit;
  std::vector<Add> adds;  ///< files in the table's folder that it begins with: CheckGivenAdds()
};

/// Creates a table at version 0, empty but for the files given. \return the snapshot of the table
/// as it is then.
/// \retval kAlreadyExists  \retval kInvalidArgument  bad schema (names repeating, characters that
/// need column mapping), partition column
///         unknown or of a nested type, bad property  \retval kUnsupported  a property that needs a
///         feature this build does not write.
Result<SnapshotPtr> CreateTable(const std::shared_ptr<Table>& table, const CreateOptions& options);

/// What makes a new table, for callers that create and write in one commit.
struct NewTable {
  TableDefinition definition;
  std::optional<DomainMetadata> clustering;
};
Result<NewTable> PlanNewTable(const CreateOptions& options);

}  // namespace deltaic
