#pragma once

#include <exception>
#include <new>
#include <utility>

#include "base/status.h"
#include "deltaic/deltaic.h"

namespace deltaic::capi {

/// Stores `status` (not ok) as a new error where the caller wants one, and gives its code.
deltaic_status ExportError(const Status& status, deltaic_error** error) noexcept;

/// Runs the body of a C function: its Status, or a stray exception, becomes code and error.
template <typename Body>
deltaic_status Guard(deltaic_error** error, Body&& body) noexcept {
  try {
    const Status status = std::forward<Body>(body)();
    return status.ok() ? DELTAIC_OK : ExportError(status, error);
  } catch (const std::bad_alloc&) {
    return ExportError(Status(StatusCode::kIo, "out of memory"), error);
  } catch (const std::exception& exception) {
    return ExportError(Status::Internal("unexpected exception: ", exception.what()), error);
  } catch (...) {
    return ExportError(Status::Internal("unexpected exception"), error);
  }
}

/// kInvalidArgument naming the first argument that is NULL.
template <typename... Pointers>
Status RequireNotNull(const char* what, const Pointers*... pointers) {
  return ((pointers != nullptr) && ...) ? Status()
                                        : Status::InvalidArgument(what, " must not be NULL");
}

/// `text` as the caller's own, freed by deltaic_string_free.
char* NewString(std::string_view text);

}  // namespace deltaic::capi
