#include "capi/error.h"

#include <cstdlib>
#include <cstring>

struct deltaic_error {
  deltaic::Status status;
};

namespace deltaic::capi {

#define DELTAIC_SAME_CODE(ours, theirs) \
  static_assert(static_cast<int>(StatusCode::ours) == (theirs))
DELTAIC_SAME_CODE(kOk, DELTAIC_OK);
DELTAIC_SAME_CODE(kInvalidArgument, DELTAIC_ERROR_INVALID_ARGUMENT);
DELTAIC_SAME_CODE(kNotFound, DELTAIC_ERROR_NOT_FOUND);
DELTAIC_SAME_CODE(kAlreadyExists, DELTAIC_ERROR_ALREADY_EXISTS);
DELTAIC_SAME_CODE(kSchemaMismatch, DELTAIC_ERROR_SCHEMA_MISMATCH);
DELTAIC_SAME_CODE(kConstraintViolated, DELTAIC_ERROR_CONSTRAINT_VIOLATED);
DELTAIC_SAME_CODE(kUnsupported, DELTAIC_ERROR_UNSUPPORTED);
DELTAIC_SAME_CODE(kCorruption, DELTAIC_ERROR_CORRUPTION);
DELTAIC_SAME_CODE(kConflict, DELTAIC_ERROR_CONFLICT);
DELTAIC_SAME_CODE(kCommitUnknown, DELTAIC_ERROR_COMMIT_UNKNOWN);
DELTAIC_SAME_CODE(kUnavailable, DELTAIC_ERROR_UNAVAILABLE);
DELTAIC_SAME_CODE(kIo, DELTAIC_ERROR_IO);
DELTAIC_SAME_CODE(kPermissionDenied, DELTAIC_ERROR_PERMISSION_DENIED);
DELTAIC_SAME_CODE(kCancelled, DELTAIC_ERROR_CANCELLED);
DELTAIC_SAME_CODE(kInternal, DELTAIC_ERROR_INTERNAL);
#undef DELTAIC_SAME_CODE

deltaic_status ExportError(const Status& status, deltaic_error** error) noexcept {
  // Without memory for the error object the code alone has to do.
  if (error != nullptr) *error = new (std::nothrow) deltaic_error{status};
  return static_cast<deltaic_status>(status.code());
}

char* NewString(std::string_view text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

}  // namespace deltaic::capi

extern "C" {

deltaic_status deltaic_error_code(const deltaic_error* error) {
  return error == nullptr ? DELTAIC_OK : static_cast<deltaic_status>(error->status.code());
}

const char* deltaic_error_message(const deltaic_error* error) {
  return error == nullptr ? "" : error->status.message().c_str();
}

void deltaic_error_free(deltaic_error* error) { delete error; }

const char* deltaic_status_name(deltaic_status status) {
  // The names are literals, so each view ends with NUL.
  return deltaic::StatusCodeName(static_cast<deltaic::StatusCode>(status)).data();
}

void deltaic_string_free(char* text) { std::free(text); }

}  // extern "C"
