#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// "uc://catalog.schema.table".
struct UnityName {
  std::string catalog;
  std::string schema;
  std::string table;

  std::string full() const { return catalog + "." + schema + "." + table; }
};

/// "glue://database.table", or "glue://123456789012@database.table" of another account's catalog.
struct GlueName {
  std::string catalog_id;  ///< empty: of the account that asks
  std::string database;
  std::string table;
};

bool IsUnityUri(std::string_view uri);
bool IsGlueUri(std::string_view uri);

/// \retval kInvalidArgument  not three names; what was given is repeated.
Result<UnityName> ParseUnityUri(std::string_view uri);
/// \retval kInvalidArgument  not two names.
Result<GlueName> ParseGlueUri(std::string_view uri);

}  // namespace deltaic
