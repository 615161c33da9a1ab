#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// The code that an `errno` of a file operation stands for: ENOENT and ENOTDIR are kNotFound,
/// EEXIST is kAlreadyExists, EACCES, EPERM and EROFS are kPermissionDenied, EAGAIN and ETIMEDOUT
/// are kUnavailable, all others kIo.
StatusCode StatusCodeFromErrno(int errnum);

/// What the system says about `errnum`, followed by what the user can do about it where that is
/// known: "No space left on device (disk full): free some space".
std::string ErrnoText(int errnum);

/// "`doing` `path`: No such file or directory", with the code for `errnum`.
Status StatusFromErrno(int errnum, std::string_view doing, std::string_view path);

}  // namespace deltaic
