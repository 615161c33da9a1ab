#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// The Arrow type that readers get and writers write: string utf8, long int64, integer int32, short
/// int16, byte int8, float, double, boolean, binary, date32, timestamp[us, UTC], timestamp_ntz
/// timestamp[us], decimal128, struct, list (item "element"), map; void null; variant as
/// VariantArrowType().
Result<std::shared_ptr<arrow::DataType>> ToArrowType(const DataType& type);
/// Nullability of the schema; no metadata but the extension name of variants.
Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const Schema& schema);
/// The same with the metadata of all fields, nested ones too, as FieldMetadataToText() has it.
Result<std::shared_ptr<arrow::Schema>> ToArrowSchemaWithMetadata(const Schema& schema);

/// The Delta type for data of an Arrow type: views, large and dictionary forms as their value type,
/// unsigned integers as the next wider signed (uint64 as long: ConformBatch refuses what does not
/// fit), date64 date, any timestamp unit (with zone: timestamp, without: timestamp_ntz),
/// decimal32/64/128, half float as float, time and duration refused; fields with the extension name
/// of variants are variants. Metadata of fields is kept as far as IsPortableFieldMetadata() says.
/// \retval kSchemaMismatch  naming the column.
Result<DataTypePtr> FromArrowType(const arrow::DataType& type);
Result<SchemaPtr> FromArrowSchema(const arrow::Schema& schema);

/// Converts one batch to exactly `target` (from ToArrowSchema): columns by name (exact, else
/// ignoring case), in the target's order; missing nullable columns become null; numbers widen, and
/// narrow only if every value fits (CastLeaf says how); dictionaries, runs and views decode;
/// timestamps are cut down to microseconds.
/// \retval kSchemaMismatch  "column a: expected long, got string" / missing non-nullable / extra
/// column / value that does not fit / text that is not UTF-8.
/// \retval kConstraintViolated  null in a non-nullable column.
Result<std::shared_ptr<arrow::RecordBatch>> ConformBatch(
    const std::shared_ptr<arrow::RecordBatch>& batch, const std::shared_ptr<arrow::Schema>& target);

}  // namespace deltaic
