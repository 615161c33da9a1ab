#pragma once

#include <string_view>

#include "base/status.h"
#include "capi/option_table.h"
#include "expr/expr.h"
#include "expr/parser.h"
#include "table/time_zones.h"

namespace deltaic::capi {

/// Adds "where", a condition in SQL, kept unbound in `T::predicate` so that it is bound once, by
/// what runs it; and "timezone", of `T::session`. The session's clock is the caller's to read.
template <typename T>
OptionTable<T>& AddPredicateOption(OptionTable<T>& table, std::string_view meaning) {
  return table
      .Custom("where", "SQL", meaning,
              [](const GivenOption& given, T& out) -> Status {
                DELTAIC_ASSIGN_OR_RETURN(out.predicate, ParsePredicate(given.values.back()));
                return Status();
              })
      .Custom("timezone", "zone",
              "of texts, dates and parts of timestamps in where, as Spark's session time zone: "
              "Europe/Oslo, +02:00; default UTC",
              [](const GivenOption& given, T& out) -> Status {
                DELTAIC_ASSIGN_OR_RETURN(out.session.zone, FindTimeZone(given.values.back()));
                return Status();
              });
}

}  // namespace deltaic::capi
