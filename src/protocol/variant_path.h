#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/variant.h"

namespace deltaic {

/// One step into a variant: a field of an object, or an element of an array.
struct VariantStep {
  std::string field;
  int64_t index = -1;  ///< from 0; -1 for a field
  bool operator==(const VariantStep&) const = default;
};

/// Parses a path as Spark's variant_get takes it: `$`, then any of `.name`, `['name']`, `["name"]`
/// and `[0]`. \retval kInvalidArgument  another text.
Result<std::vector<VariantStep>> ParseVariantPath(std::string_view text);

/// The path of these steps, as ParseVariantPath() takes it.
std::string FormatVariantPath(const std::vector<VariantStep>& steps);

/// Where the steps lead to; nullopt where there is no such field or element. \retval kCorruption
Result<std::optional<VariantValue>> FindInVariant(const VariantMetadata& metadata,
                                                  const VariantValue& value,
                                                  const std::vector<VariantStep>& steps);

}  // namespace deltaic
