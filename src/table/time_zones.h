#pragma once

#include <string>

#include "base/status.h"
#include "base/time_zone.h"

namespace deltaic {

/// The zone of a name as Spark's spark.sql.session.timeZone takes it: a region ("Europe/Oslo", by
/// the system's zone database), UTC (nullptr), or an offset ("+02:00").
/// \retval kInvalidArgument  there is none.
Result<TimeZonePtr> FindTimeZone(const std::string& name);

}  // namespace deltaic
