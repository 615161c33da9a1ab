#include "storage/errno_status.h"

#include <cerrno>

#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::HasSubstr;

TEST(StatusFromErrno, CodeTellsWhatTheCallerDoesNext) {
  const struct {
    int errnum;
    StatusCode code;
    const char* text;
  } cases[] = {
      {ENOENT, StatusCode::kNotFound, "No such file"},
      {ENOTDIR, StatusCode::kNotFound, "Not a directory"},
      {EEXIST, StatusCode::kAlreadyExists, "exists"},
      {EACCES, StatusCode::kPermissionDenied, "Permission denied"},
      {EPERM, StatusCode::kPermissionDenied, "not permitted"},
      {EROFS, StatusCode::kPermissionDenied, "mount it for writing"},
      {EAGAIN, StatusCode::kUnavailable, "unavailable"},
      {ENOSPC, StatusCode::kIo, "disk full"},
      {EDQUOT, StatusCode::kIo, "quota"},
      {EFBIG, StatusCode::kIo, "file size limit"},
      {EMFILE, StatusCode::kIo, "ulimit -n"},
      {EIO, StatusCode::kIo, "error"},
  };
  for (const auto& [errnum, code, text] : cases) {
    const Status status = StatusFromErrno(errnum, "opening", "/tmp/x");
    EXPECT_THAT(status, StatusIs(code, HasSubstr(text)));
    EXPECT_THAT(status, StatusIs(code, HasSubstr("opening /tmp/x: ")));
  }
}

}  // namespace
}  // namespace deltaic::testing
