#include "errors.h"

namespace deltaic_python {

nb::object MakeException(const deltaic_error* error) {
  const deltaic_status code = error == nullptr ? DELTAIC_ERROR_INTERNAL : deltaic_error_code(error);
  const char* message = error == nullptr ? "no error text" : deltaic_error_message(error);
  return nb::module_::import_("deltaic.exceptions")
      .attr("error_of")(static_cast<int>(code), deltaic_status_name(code), message);
}

void RaiseError(ErrorHandle error) {
  const nb::object exception = MakeException(error.get());
  PyErr_SetObject(exception.type().ptr(), exception.ptr());
  throw nb::python_error();
}

}  // namespace deltaic_python
