#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// What becomes of NUL in texts, which PostgreSQL cannot hold.
enum class NulRule { kError, kStrip };

/// Appends `text` without NUL. \retval kSchemaMismatch  it has one and `rule` is kError.
Status AppendWithoutNul(std::string& out, std::string_view text, NulRule rule);

/// Appends one value as JSON, as AppendJsonValue() does, but maps as objects, and no text in it has
/// a NUL. \retval kSchemaMismatch  one has.
Status AppendTargetJson(std::string& out, const arrow::Field& field, const arrow::Array& array,
                        int64_t row, NulRule rule);

}  // namespace deltaic
