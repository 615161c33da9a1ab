#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic::ingest {

/// The type that holds a JSON value: boolean, long, double, string, array, struct; nullptr for null
/// and for what holds nothing else.
/// \param json  one value; simdjson's padding after it is not needed.
Result<DataTypePtr> InferJsonType(std::string_view json);

/// The type for values of both: long and double make double, structs have the fields of both.
/// What cannot go together stays the first. nullptr: nothing known yet.
DataTypePtr MergeJsonTypes(const DataTypePtr& first, const DataTypePtr& second);

/// The columns that JSON objects ask for. What was null everywhere is string. Texts that are no
/// JSON objects are left out.
/// \retval kSchemaMismatch  there is no object with a field among them.
Result<SchemaPtr> InferJsonSchema(const std::vector<std::string_view>& texts);

}  // namespace deltaic::ingest
