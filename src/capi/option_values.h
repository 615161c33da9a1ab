#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"

/// The text of one option as a value. Each fails with kInvalidArgument that names the option, what
/// it takes and what it was given.
namespace deltaic::capi {

/// \param min  the smallest number allowed.
Result<int64_t> NumberOption(const std::string& key, const std::string& text, int64_t min);
Result<int> SmallNumberOption(const std::string& key, const std::string& text, int64_t min);
/// "true" or "false".
Result<bool> FlagOption(const std::string& key, const std::string& text);
/// Text as ParseTimestampMs takes it.
Result<TimestampMs> TimeOption(const std::string& key, const std::string& text);
/// The place of `text` among `names`.
Result<size_t> ChoiceOption(const std::string& key, const std::string& text,
                            const std::vector<std::string_view>& names);

/// "a | b | c".
std::string JoinChoices(const std::vector<std::string_view>& names);

/// Text as deltaic_parse_timestamp takes it.
Result<TimestampMs> ParseTimestampMs(std::string_view text);

}  // namespace deltaic::capi
