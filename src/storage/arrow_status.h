#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include "base/status.h"

namespace deltaic {

// With this header included, DELTAIC_RETURN_IF_ERROR and DELTAIC_ASSIGN_OR_RETURN accept Arrow's
// outcomes too.

/// The Status that `status` stands for. An errno that it carries decides the code (see
/// StatusCodeFromErrno), and what ToArrow() made comes back as it was. Otherwise:
///
/// | Arrow                                                         | here              |
/// |---------------------------------------------------------------|-------------------|
/// | Invalid, TypeError, KeyError, IndexError                      | kInvalidArgument  |
/// | NotImplemented, CapacityError                                 | kUnsupported      |
/// | SerializationError                                            | kCorruption       |
/// | AlreadyExists                                                 | kAlreadyExists    |
/// | Cancelled                                                     | kCancelled        |
/// | IOError, OutOfMemory                                          | kIo               |
/// | anything else                                                 | kInternal         |
///
/// A caller that knows better (Invalid out of a Parquet file is corruption) makes its own Status.
Status AsStatus(const arrow::Status& status);

template <typename T>
Status AsStatus(const arrow::Result<T>& result) {
  return AsStatus(result.status());
}

/// For Arrow interfaces that we implement: AsStatus() of what this returns equals `status`.
arrow::Status ToArrow(const Status& status);

}  // namespace deltaic
