#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/schema.h"
#include "protocol/value.h"

/// The text of one minimum or maximum in `add.stats`, as a value that bounds the column from that
/// side; nullopt where it says nothing about a column of that type.
namespace deltaic {

enum class BoundSide { kMin, kMax };

/// What decides how bounds of a column are read.
struct BoundType {
  TypeId id = TypeId::kVoid;
  int precision = 0;          ///< decimal
  int scale = 0;              ///< decimal
  bool may_be_float = false;  ///< a double that was a float when older files were written
};

BoundType MakeBoundType(const StructField& field);

// Of a JSON scalar as written. Numbers need not keep JSON's rules: "007" is seven.
std::optional<int64_t> ParseIntegerBound(std::string_view token);
std::optional<double> ParseFloatingBound(std::string_view token, const BoundType& type,
                                         BoundSide side);
/// Some writers put the nearest double, which is no decimal's neighbour where there are more digits
/// than it holds: where `token` can be one, the result is widened to what may have been rounded to
/// it. Digits past the scale are rounded away from the column's values.
std::optional<Int128> ParseDecimalBound(std::string_view token, const BoundType& type,
                                        BoundSide side);

// Of a JSON string's value, without quotes and escapes.
std::optional<int64_t> ParseDateBound(std::string_view text);
/// Maxima are raised by what writers cut off, and both sides widened by the seconds that offsets of
/// old local times lack where they are cut to minutes. `type` tells whether there must be a zone.
std::optional<int64_t> ParseTimestampBound(std::string_view text, const BoundType& type,
                                           BoundSide side);

}  // namespace deltaic
