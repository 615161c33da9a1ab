#pragma once

#include <deltaic/deltaic.h>

#include <map>
#include <string>

namespace deltaic_rows {

/// What a program's function of credentials answered, in whichever language it is written.
struct CredentialsAnswer {
  std::map<std::string, std::string> given;  ///< options of a storage
  std::string problem;                       ///< why there are none, in one line; else empty

  /// Hands it on to who asked. \param fresh, return  as deltaic_credentials_callback has them.
  deltaic_status HandOn(deltaic_options* fresh) const {
    for (const auto& [key, value] : given) {
      deltaic_options_set(fresh, key.c_str(), value.c_str());
    }
    if (problem.empty()) return DELTAIC_OK;
    deltaic_options_set(fresh, "error", problem.c_str());
    return DELTAIC_ERROR_PERMISSION_DENIED;
  }
};

}  // namespace deltaic_rows
