#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace deltaic {

/// A 128-bit unscaled decimal; its scale is in the DataType beside it.
using Int128 = __int128;

/// One value of a primitive type, as literals, partition values and statistics hold it. Which
/// alternative goes with which DataType:
///   null -> monostate; boolean -> bool; byte, short, integer, long -> int64_t; date -> int64_t
///   days since epoch; timestamp, timestamp_ntz -> int64_t microseconds since epoch; float, double
///   -> double; decimal -> Int128 unscaled; string, binary -> std::string (bytes).
using Value = std::variant<std::monostate, bool, int64_t, double, Int128, std::string>;

inline bool IsNull(const Value& value) { return std::holds_alternative<std::monostate>(value); }

}  // namespace deltaic
