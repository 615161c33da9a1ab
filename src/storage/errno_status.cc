#include "storage/errno_status.h"

#include <cerrno>
#include <system_error>

namespace deltaic {

StatusCode StatusCodeFromErrno(int errnum) {
  switch (errnum) {
    case ENOENT:
    case ENOTDIR:
      return StatusCode::kNotFound;
    case EEXIST:
      return StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return StatusCode::kPermissionDenied;
    case EAGAIN:
    case ETIMEDOUT:
      return StatusCode::kUnavailable;
    default:
      return StatusCode::kIo;
  }
}

std::string ErrnoText(int errnum) {
  // std::generic_category().message() is strerror() made safe for many threads.
  std::string text = std::generic_category().message(errnum);
  switch (errnum) {
    case ENOSPC:
      return text + " (disk full): free some space";
    case EDQUOT:
      return text + ": free some space or raise the quota";
    case EFBIG:
      return text + ": raise the file size limit";
    case EMFILE:
    case ENFILE:
      return text + ": raise the limit of open files (ulimit -n)";
    case EROFS:
      return text + ": mount it for writing";
    default:
      return text;
  }
}

Status StatusFromErrno(int errnum, std::string_view doing, std::string_view path) {
  return Status(StatusCodeFromErrno(errnum), Concat(doing, " ", path, ": ", ErrnoText(errnum)));
}

}  // namespace deltaic
