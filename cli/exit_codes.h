#pragma once

#include "deltaic/deltaic.h"

namespace deltaic::cli {

/// Exit codes of the program; docs/command-line.md lists them.
enum ExitCode {
  kDone = 0,
  kInternal = 1,
  kUsage = 2,
  kNotFound = 3,
  kConflict = 4,
  kUnsupported = 5,
  kCorrupt = 6,
  kDataDoesNotFit = 7,
  kStorage = 8,
};

inline ExitCode ExitCodeOf(deltaic_status status) {
  switch (status) {
    case DELTAIC_OK:
      return kDone;
    case DELTAIC_ERROR_INVALID_ARGUMENT:
      return kUsage;
    case DELTAIC_ERROR_NOT_FOUND:
      return kNotFound;
    case DELTAIC_ERROR_ALREADY_EXISTS:
    case DELTAIC_ERROR_CONFLICT:
      return kConflict;
    case DELTAIC_ERROR_UNSUPPORTED:
      return kUnsupported;
    case DELTAIC_ERROR_CORRUPTION:
      return kCorrupt;
    case DELTAIC_ERROR_SCHEMA_MISMATCH:
    case DELTAIC_ERROR_CONSTRAINT_VIOLATED:
      return kDataDoesNotFit;
    case DELTAIC_ERROR_COMMIT_UNKNOWN:
    case DELTAIC_ERROR_UNAVAILABLE:
    case DELTAIC_ERROR_IO:
    case DELTAIC_ERROR_PERMISSION_DENIED:
      return kStorage;
    case DELTAIC_ERROR_CANCELLED:
    case DELTAIC_ERROR_INTERNAL:
      return kInternal;
  }
  return kInternal;
}

}  // namespace deltaic::cli
