#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "ops/convert.h"
#include "ops/table_definition.h"
#include "protocol/actions.h"
#include "protocol/file_stats.h"
#include "storage/object_store.h"

namespace deltaic {

/// A file that is there, and will be one of the new table's.
struct ConvertedFile {
  ObjectMeta object;
  PartitionValues partition_values;  ///< by physical names
  FileStats stats;
};

/// Makes a table of files, by the one commit of version 0.
/// \param physical_schema  what statistics call the columns.
/// \param result  what is known of the conversion already.
/// \retval kAlreadyExists  a table came to be there meanwhile.
Result<ConvertResult> CommitConverted(const std::shared_ptr<Table>& table,
                                      const ConvertOptions& options, TableDefinition definition,
                                      const Schema& physical_schema,
                                      std::vector<ConvertedFile> files,
                                      ConvertResult result = ConvertResult());

}  // namespace deltaic
