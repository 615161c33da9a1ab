#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic::ingest {

/// What becomes of fields of a message that the table has no column for.
enum class Evolution {
  kIgnore,  ///< left out
  kStrict,  ///< the message is bad
  kMerge,   ///< they become columns
  kRescue,  ///< kept as JSON in the column _rescued_data, as values of a wrong type are
  kFail,    ///< the process ends
};

/// The column that Evolution::kRescue fills.
inline constexpr std::string_view kRescuedColumn = "_rescued_data";

}  // namespace deltaic::ingest
