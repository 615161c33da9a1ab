#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// True if a table may change a column of type `from` to `to` without rewriting files, so that
/// values written as `from` are read as `to`; equal types count. Primitive types only.
/// Source: PROTOCOL.md, "Type Widening".
bool CanWidenType(const DataType& from, const DataType& to);

/// The changes of those that merging schemas makes by itself, as Spark does: between integers,
/// between floats, between decimals, and from date to timestamp_ntz. Not for equal types.
bool WidensOnMerge(const DataType& from, const DataType& to);

/// Adds a change to `field`'s "delta.typeChanges". \param inside  where in the field's type:
/// "element", "key", "value", joined by dots; empty for the field itself.
void RecordTypeChange(StructField& field, const DataType& from, const DataType& to,
                      std::string_view inside);

/// One of those, by the names of types.
struct TypeChange {
  std::string from, to;
};

/// What "delta.typeChanges" of `field` says, at whatever depth of its type; empty where it has
/// none.
/// \retval kCorruption  it cannot be read.
Result<std::vector<TypeChange>> TypeChangesOf(const StructField& field);

/// Whether Iceberg has the change too: between integers, from float to double, and to a decimal of
/// more digits and the same scale. Source: PROTOCOL.md, "Iceberg Compatibility V2".
bool IcebergWidens(const TypeChange& change);

}  // namespace deltaic
