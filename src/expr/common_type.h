#pragma once

#include <optional>

#include "base/time_zone.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// Whether values of the type have an order: every primitive type but void and variant.
bool IsComparable(TypeId id);

/// The type in which Spark compares the two: the wider integer or decimal; double where one is a
/// float type and the other another number; timestamp for date and timestamp; nullptr if they do
/// not compare without a cast (text only compares to text), or no decimal of 38 digits holds both.
/// Void gives the other type.
DataTypePtr CommonType(const DataTypePtr& left, const DataTypePtr& right);

/// `value` as a `to`, if then comparing any `to` with it gives what comparing both as their common
/// type gives.
/// \param zone  the session's; nullptr: UTC.
std::optional<Value> ConvertLiteralExactly(const Value& value, const DataType& from,
                                           const DataType& to, const TimeZone* zone = nullptr);

/// The type of a literal as a partner in CommonType: an integer counts as the decimal its digits
/// need if the other is one.
DataTypePtr LiteralType(const Value& value, const DataTypePtr& type, const DataType& other);

}  // namespace deltaic
