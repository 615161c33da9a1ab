#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// Adds up the parts of one INTERVAL: years and months, or weeks, days and times. The two do not
/// mix, as in Spark. One thread at a time.
class IntervalBuilder {
 public:
  /// Whether `word` (upper case) is a unit such as DAY or HOURS.
  static bool IsUnit(std::string_view word);

  /// `amount` of `unit`: "5" DAY, "1-2" YEAR with last_unit MONTH, "1 02:03:04.5" DAY with
  /// last_unit SECOND. Without a unit the amount names its units: "1 day 2 hours". \retval
  /// kInvalidArgument
  Status Add(std::string_view amount, bool negative, std::string_view unit,
             std::string_view last_unit);

  /// The call INTERVAL MONTH, DAY or SECOND of one literal: months, days or microseconds. Whole
  /// days stay days, so that a date plus days is a date.
  Result<ExprPtr> Finish() const;

 private:
  Status AddSingle(std::string_view amount, int64_t sign, std::string_view unit);
  Status AddYearToMonth(std::string_view amount, int64_t sign);
  Status AddDayToSecond(std::string_view amount, int64_t sign, std::string_view unit,
                        std::string_view last_unit);
  Status AddNamed(std::string_view amount, int64_t sign);

  std::optional<int64_t> months_;
  std::optional<int64_t> days_;
  std::optional<int64_t> micros_;  ///< of the parts below days
};

}  // namespace deltaic
