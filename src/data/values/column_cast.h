#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"

namespace deltaic {

/// Whether data of the primitive type `from`, as Parquet gives it, may stand in a column of the
/// table's type `to`. It may where the type is the same in another form (int96, views, unsigned,
/// units, dictionaries, missing annotations) or the protocol lets the table's type widen from it.
/// Source: PROTOCOL.md, "Type Widening".
bool CanCastColumn(const arrow::DataType& from, const arrow::DataType& to);

/// `array` as `to`; only where CanCastColumn. Shares buffers where the bytes are the same.
/// \retval kCorruption  a value that `to` cannot hold.
Result<std::shared_ptr<arrow::Array>> CastColumn(const std::shared_ptr<arrow::Array>& array,
                                                 const std::shared_ptr<arrow::DataType>& to);

}  // namespace deltaic
