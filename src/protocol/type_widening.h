#pragma once

#include "protocol/schema.h"

namespace deltaic {

/// True if a table may change a column of type `from` to `to` without rewriting files, so that
/// values written as `from` are read as `to`; equal types count. Primitive types only.
/// Source: PROTOCOL.md, "Type Widening".
bool CanWidenType(const DataType& from, const DataType& to);

}  // namespace deltaic
