#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"

namespace deltaic {

/// The type in which values of `have` are given to who asks for `wanted`: `wanted` where it is
/// another form of the same values, else `have`. Forms of one another are: texts and bytes of
/// either offsets, views and dictionaries, and texts as bytes; integers, also as decimals and
/// floats; decimals; float as double; dates; timestamps of any unit, with a zone or without;
/// lists of either offsets, maps and structs of the same names, child by child. What may be null
/// stays so.
std::shared_ptr<arrow::DataType> NearestType(const std::shared_ptr<arrow::DataType>& have,
                                             const std::shared_ptr<arrow::DataType>& wanted);

/// The rows of `rows` with each column in the NearestType() to the one of `wanted`, as far as Arrow
/// casts to it; names and metadata stay. A value that the form cannot tell exactly ends the stream
/// with kSchemaMismatch, naming the column.
/// \retval kInvalidArgument  `wanted` has other columns, or others first.
/// Source: Arrow PyCapsule interface, "Schema Requests".
Result<std::shared_ptr<arrow::RecordBatchReader>> WithRequestedSchema(
    std::shared_ptr<arrow::RecordBatchReader> rows, const arrow::Schema& wanted);

}  // namespace deltaic
