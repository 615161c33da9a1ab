#pragma once

#include <optional>

#include "base/status.h"
#include "base/time_zone.h"
#include "expr/datetime_pattern.h"
#include "expr/expr.h"

namespace deltaic {

/// What TO_JSON is told in its map of options. Source: Spark, "JSON Files", data source options.
struct JsonOptions {
  bool ignore_null_fields = true;  ///< of structs
  std::optional<DateTimePattern> date;
  std::optional<DateTimePattern> timestamp;
  std::optional<DateTimePattern> timestamp_ntz;
  std::optional<TimeZonePtr> zone;  ///< in place of the session's

  /// \param map  a bound call of MAP with texts as its arguments.
  /// \retval kInvalidArgument  another expression, a value that the option does not have.
  /// \retval kUnsupported  an option that is not known here.
  static Result<JsonOptions> Of(const Expr& map);
};

}  // namespace deltaic
