#pragma once

#include <arrow/util/type_fwd.h>

#include <string>

#include "base/status.h"
#include "data/write/data_file_writer.h"
#include "protocol/table_properties.h"

namespace deltaic {

/// `options` with the table's properties and then the defaults where it is silent.
/// \retval kInvalidArgument  a negative number, or a codec this build does not have.
Result<DataFileOptions> ResolveDataFileOptions(DataFileOptions options,
                                               const TableProperties& properties);

/// A codec by its name in `DataFileOptions::compression`. \retval kInvalidArgument  unknown.
Result<arrow::Compression::type> ParseCompression(const std::string& name);

/// The end of a file's name as Spark has it: ".snappy.parquet".
std::string DataFileSuffix(arrow::Compression::type compression);

}  // namespace deltaic
