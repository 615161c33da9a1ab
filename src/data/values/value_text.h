#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "base/status.h"

namespace deltaic {

/// Appends one value of an Arrow array as JSON: null, true, numbers, texts; dates "2024-01-31",
/// timestamps "2024-01-31T10:00:00Z" (fraction only where there is one), decimals as numbers,
/// binary as base64 (as Spark's to_json), NaN and infinities as texts; structs as objects, maps as
/// arrays of [key, value], lists as arrays, variants as what they hold.
/// \param field  the array's, which tells variants.
/// \retval kUnsupported  an Arrow type that no Delta column has.
Status AppendJsonValue(std::string& out, const arrow::Field& field, const arrow::Array& array,
                       int64_t row);

/// Appends one value as people read it: texts bare, timestamps "2024-01-31 10:00:00Z", binary as
/// hex, nested ones as JSON. The value must not be null.
Status AppendDisplayText(std::string& out, const arrow::Field& field, const arrow::Array& array,
                         int64_t row);

/// The batch with every column as display text; nulls stay null.
Result<std::shared_ptr<arrow::RecordBatch>> ToDisplayText(const arrow::RecordBatch& batch);

/// The schema that ToDisplayText gives.
std::shared_ptr<arrow::Schema> DisplayTextSchema(const arrow::Schema& schema);

}  // namespace deltaic
