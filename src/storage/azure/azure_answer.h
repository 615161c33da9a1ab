#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "storage/remote/remote_backend.h"

namespace deltaic {

/// Parses the answer to List Blobs. Directories, which a hierarchical namespace has and which
/// Hadoop marks in a flat one, are left out.
/// \retval kIo  not such an answer: cut off, another document, a number that is none.
Result<RemotePage> ParseAzureListPage(std::string_view xml);

/// What an error's body says.
struct AzureError {
  std::string code;     ///< "AuthenticationFailed"
  std::string message;  ///< its first line
};

/// \return empty fields where `xml` is no error of Azure's.
AzureError ParseAzureError(std::string_view xml);

/// A refusal as a Status.
/// \param status  the HTTP status, 300 or more.
/// \param error  `code` from the header `x-ms-error-code` where there was one.
/// \param what  "reading abfss://c@a.dfs.core.windows.net/t/x".
Status AzureStatus(int status, const AzureError& error, std::string_view what);

}  // namespace deltaic
