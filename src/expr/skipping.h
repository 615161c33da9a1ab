#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// What is known of a column's values in one file, row group or page.
struct ColumnRange {
  Value min;  ///< lower bound of the non-null values; monostate = unknown
  Value max;  ///< upper bound; monostate = unknown
  bool may_have_nulls = true;
  bool may_have_values = true;  ///< false: every row is null
  /// Floats: NaN may occur although the bounds leave it out (NaN is greater than every other value,
  /// as in Spark).
  bool may_have_nan = true;
};

/// The range of a column that has `value` in every row.
ColumnRange RangeOfValue(const Value& value);

/// The range of a partition column in a file whose `partitionValues` give it as `text`; all that is
/// possible where that is no value of `type`, since who reads the file reports it.
ColumnRange RangeOfPartitionText(const std::optional<std::string>& text, const DataType& type);
/// The range of a partition column by all values of a file: by its physical name under column
/// mapping, or by the logical one, since not every writer sticks to that.
ColumnRange RangeOfPartitionColumn(const PartitionValues& values, const StructField& field);

/// Range of a column by its (logical) path. For a partition column both bounds are its value.
using RangeLookup = std::function<ColumnRange(const std::vector<std::string>& path)>;

/// False only if no row can make `predicate` (bound) true. Sound for three-valued logic, NOT,
/// nulls, NaN, -0.0 and truncated bounds.
bool MayMatch(const Expr& predicate, const RangeLookup& ranges);

/// True only if every row makes `predicate` true. (Whole-file deletes, limit push-down.)
bool AlwaysMatches(const Expr& predicate, const RangeLookup& ranges);

/// -1, 0, 1 by Spark's order (text and binary by bytes, NaN equal to NaN and greatest, -0.0 equal
/// to 0.0); both of one type, not null.
int CompareValues(const Value& left, const Value& right);

}  // namespace deltaic
