#pragma once

#include <string_view>

#include "base/status.h"
#include "base/time_zone.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// Whether CAST from one type to the other exists: between numbers (and boolean); between dates and
/// timestamps; between numbers and timestamp (seconds); between text and any of these or binary;
/// from void to anything; from a type to itself.
bool CanCast(const DataType& from, const DataType& to);

/// Whether a value that is not null is of the alternative that a primitive type's values have.
bool HoldsValueOf(const Value& value, TypeId id);

/// Whether a text of a date and time ends in a zone.
bool NamesZone(std::string_view text);

/// True for casts between numbers and between dates and timestamps: where they succeed, a <= b
/// implies cast(a) <= cast(b).
bool IsMonotoneCast(const DataType& from, const DataType& to);

/// Whether the session's time zone counts in the cast: between timestamp on one side and date,
/// timestamp_ntz and text on the other.
bool CastNeedsZone(TypeId from, TypeId to);

/// Whether the cast gives null for values that are not: NaN and the infinities, as decimals.
bool CastLosesValue(const DataType& from, const DataType& to);

/// CAST as Spark does it in ANSI mode: numbers to integers are cut towards zero, to decimals
/// rounded half up; null stays null, and see CastLosesValue.
/// \param zone  the session's; nullptr: UTC.
/// \retval kInvalidArgument  no such cast, or the value does not fit; the message names both.
Result<Value> CastValue(const Value& value, const DataType& from, const DataType& to,
                        const TimeZone* zone = nullptr);

bool IsInteger(TypeId id);        ///< byte, short, integer, long
bool IsFloatingPoint(TypeId id);  ///< float, double
bool IsNumeric(TypeId id);        ///< those and decimal
bool IsDateTime(TypeId id);       ///< date, timestamp, timestamp_ntz

/// Whether `value` lies in the range of the integer type `id`.
bool FitsInteger(Int128 value, TypeId id);

inline constexpr int64_t kMicrosPerDay = 86'400'000'000;

/// Text without the spaces and control characters around it.
std::string_view TrimText(std::string_view text);

}  // namespace deltaic
