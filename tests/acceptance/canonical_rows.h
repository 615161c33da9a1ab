#pragma once

#include <arrow/type_fwd.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Renders each row of `batch` in the canonical form of the conformance tables (their README): one
/// JSON object without spaces, keys in schema order, doubles as %.17g, timestamps with six digits,
/// maps as sorted pairs.
/// \retval kUnsupported  an Arrow type that no Delta column has.
Result<std::vector<std::string>> CanonicalRows(const arrow::RecordBatch& batch);

/// Lower-case hex SHA-256 of the rows, sorted as bytes, each followed by '\n'.
std::string DigestOfRows(std::vector<std::string> rows);

}  // namespace deltaic
