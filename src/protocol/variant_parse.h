#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// A variant's two parts.
struct EncodedVariant {
  std::string metadata;
  std::string value;
};

/// JSON as a variant, as Spark's parse_json has it: whole numbers as the smallest integer, other
/// plain ones of up to 38 digits as decimals, the rest as doubles.
/// \retval kInvalidArgument  broken JSON, a key twice in one object, or nested deeper than
/// kMaxVariantDepth.
Result<EncodedVariant> ParseVariantJson(std::string_view json);

/// The dictionary of names in this order. \param names  distinct; below 4 GiB in all
std::string FormatVariantMetadata(const std::vector<std::string>& names);

}  // namespace deltaic
