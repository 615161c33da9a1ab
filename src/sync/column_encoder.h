#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "sync/target_json.h"

namespace deltaic {

/// Values of one column as the bytes of one format of PostgreSQL's COPY. One thread at a time.
class ColumnEncoder {
 public:
  virtual ~ColumnEncoder() = default;
  /// Appends the value at `row` of `values`, which is not null. Text format: not yet escaped, so
  /// that lists can hold it. \retval kSchemaMismatch  the target's type cannot hold it.
  virtual Status Append(std::string& out, const arrow::Array& values, int64_t row) const = 0;
};

/// \param pg_type  as PostgreSQL's format_type() names it, "bigint", "text[]"; empty: whatever
/// suits `field`.
/// \retval kUnsupported  no text form for the Arrow type.
Result<std::unique_ptr<ColumnEncoder>> MakeTextEncoder(const arrow::Field& field,
                                                       std::string_view pg_type, NulRule nul);

/// The same in COPY's binary format; a value is written without its length.
/// \retval kUnsupported  no binary form of these two types: use text.
Result<std::unique_ptr<ColumnEncoder>> MakeBinaryEncoder(const arrow::Field& field,
                                                         std::string_view pg_type, NulRule nul);

/// The type of a column that a new target would get for values of `field`.
std::string SuitingPostgresType(const arrow::Field& field);

/// The type without what stands in parentheses: "numeric" of "numeric(10,2)", "character varying[]"
/// of "character varying(5)[]".
std::string BarePostgresType(std::string_view pg_type);

}  // namespace deltaic
