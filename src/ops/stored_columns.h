#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace parquet {
class FileMetaData;
}

namespace deltaic {

/// A type that a column has in some file, where the table's is wider.
struct OlderType {
  int64_t column_id = 0;
  std::string inside;  ///< where in the column's type, as RecordTypeChange() takes it
  DataTypePtr type;
};

/// What a file holds of the columns of a table, found by their ids.
struct StoredColumns {
  std::set<int64_t> ids;  ///< of all fields in the file, but elements, keys and values
  std::vector<OlderType> older;
};

/// \param schema  with column ids.
/// \retval kUnsupported  columns without ids.
/// \retval kSchemaMismatch  a type that does not become the table's, by name.
Result<StoredColumns> ColumnsStoredIn(const parquet::FileMetaData& metadata, const Schema& schema);

/// `schema` with a record of how its types grew from those in files (`delta.typeChanges`). The same
/// pointer where none did.
SchemaPtr WithTypeChanges(const SchemaPtr& schema, const std::vector<OlderType>& older);

}  // namespace deltaic
