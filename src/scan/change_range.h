#pragma once

#include <optional>

#include "base/status.h"
#include "scan/changes.h"

namespace deltaic {

/// Versions first..last, first <= last.
struct ChangeRange {
  Version first;
  Version last;
};

/// The versions that the options mean; nullopt where there are none and that is no error.
/// \retval kInvalidArgument, kNotFound  see OpenChanges().
Result<std::optional<ChangeRange>> ResolveChangeRange(const Snapshot& newest,
                                                      const ChangesOptions& options);

}  // namespace deltaic
