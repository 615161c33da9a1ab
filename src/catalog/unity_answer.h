#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "storage/login/fresh_options.h"

namespace deltaic {

/// What Unity Catalog says of a table.
struct UnityTable {
  std::string id;        ///< for credentials; may be empty
  std::string location;  ///< "s3://…", "abfss://…", "gs://…", "file:…"
};

/// \retval kUnsupported  a view, or a table of another format, by that name.
/// \retval kIo  another document.
Result<UnityTable> ParseUnityTable(std::string_view json);

/// Temporary credentials of a table, as storage options.
/// \retval kUnsupported  for a storage that this build does not know.
/// \retval kIo  another document.
Result<FreshOptions> ParseUnityCredentials(std::string_view json);

/// An answer that is no success, as an error to what was to be done.
/// \param what  "reading the table a.b.c of Unity Catalog at https://host".
Status UnityStatus(int status, std::string_view json, std::string_view what);

}  // namespace deltaic
