#pragma once

#include <string>

namespace deltaic {

/// A new random UUID in the 36-character form: for table ids, commits and column names. Safe from
/// any thread.
std::string NewUuid();

}  // namespace deltaic
