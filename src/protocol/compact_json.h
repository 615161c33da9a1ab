#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "base/status.h"

// Values that are kept as JSON text. For .cc files only, since it brings in simdjson.
namespace deltaic {

/// "schema is not valid JSON: why".
Status InvalidSchemaJson(simdjson::error_code error);

#define DELTAIC_RETURN_IF_JSON_ERROR(expr)                        \
  if (const simdjson::error_code json_error = (expr); json_error) \
  return InvalidSchemaJson(json_error)

/// The text of a number, true, false or null, as written, since a number may be too large for any
/// type of ours. It lives as long as the document. \retval kCorruption  anything else.
Result<std::string_view> ReadJsonLiteral(simdjson::ondemand::value value);

/// Appends any value as compact JSON: no spaces, texts with the escapes they need, numbers as
/// written.
/// \param depth  the objects and arrays around `value`; \retval kCorruption  broken JSON, or deeper
/// than kMaxSchemaDepth.
Status AppendCompactJson(std::string& out, simdjson::ondemand::value value, int depth);

}  // namespace deltaic
