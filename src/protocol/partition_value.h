#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// The value that `text` from `partitionValues` means; nullopt and empty text are null for every
/// type. Timestamps without zone are UTC; decimals may carry fewer digits than the scale; binary is
/// the bytes of the text, as Spark has it.
/// \retval kCorruption  text that is not of the type, or a type that cannot partition.
/// Source: PROTOCOL.md, "Partition Value Serialization".
Result<Value> ParsePartitionValue(const std::optional<std::string>& text, const DataType& type);

/// The protocol's text; nullopt for null and for empty strings. Timestamps in the ISO form with Z,
/// floats in Java's form. Binary gives its bytes: the log can hold those only that are valid UTF-8,
/// so callers refuse others. `value` must have the alternative that belongs to `type`.
std::optional<std::string> FormatPartitionValue(const Value& value, const DataType& type);

/// Hive-escapes a directory part: control characters, `" # % ' * / : = ? \ { [ ] ^` and DEL as
/// upper-case %XX.
std::string EscapePathName(std::string_view text);

/// "a=1/b=x%2Fy", the folder on disk for these values, by column name in order; null is
/// __HIVE_DEFAULT_PARTITION__.
std::string PartitionDirectory(
    const std::vector<std::pair<std::string, std::optional<std::string>>>& values);

/// Text a value has in Java's Double.toString / Float.toString: "1.0", "1.0E10", "NaN",
/// "-Infinity".
std::string FormatJavaDouble(double value);
std::string FormatJavaFloat(float value);

}  // namespace deltaic
