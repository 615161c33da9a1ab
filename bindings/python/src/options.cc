#include <nanobind/stl/string.h>

#include "bindings.h"
#include "gil.h"

namespace deltaic_python {
namespace {

/// The Python function behind a C callback, whose `user` it is: gives a dict of texts.
deltaic_status AskPython(void* user, deltaic_options* fresh) {
  if (Py_IsInitialized() == 0 || IsFinalizing()) {
    deltaic_options_set(fresh, "error", "Python is shutting down");
    return DELTAIC_ERROR_CANCELLED;
  }
  const WithGil locked;
  try {
    const nb::object given = nb::borrow(static_cast<PyObject*>(user))();
    for (const auto& [key, value] : nb::cast<nb::dict>(given)) {
      deltaic_options_set(fresh, nb::cast<std::string>(key).c_str(),
                          nb::cast<std::string>(value).c_str());
    }
    return DELTAIC_OK;
  } catch (nb::python_error& error) {
    // Its own text would have the traceback in it.
    deltaic_options_set(fresh, "error", nb::str(error.value()).c_str());
  } catch (const std::exception& error) {
    deltaic_options_set(fresh, "error", error.what());
  }
  return DELTAIC_ERROR_PERMISSION_DENIED;
}

void ForgetPython(void* user) {
  if (Py_IsInitialized() == 0 || IsFinalizing()) return;
  const WithGil locked;
  Py_DECREF(static_cast<PyObject*>(user));
}

}  // namespace

CancellationHandle EnsureCancellation(Options& options) {
  if (!options.cancellation) {
    options.cancellation = NewCancellation();
    deltaic_options_set_cancellation(options.handle.get(), options.cancellation.get());
  }
  return options.cancellation;
}

void BindOptions(nb::module_& module) {
  nb::class_<Cancellation>(module, "Cancellation")
      .def(nb::init<>())
      .def("cancel",
           [](const Cancellation& self) { deltaic_cancellation_cancel(self.handle.get()); });

  nb::class_<Options>(module, "Options")
      .def(nb::init<>())
      .def(
          "set",
          [](Options& self, const std::string& key, const std::string& value) {
            deltaic_options_set(self.handle.get(), CText(key), CText(value));
          },
          nb::arg("key"), nb::arg("value"))
      .def(
          "add",
          [](Options& self, const std::string& key, const std::string& value) {
            deltaic_options_add(self.handle.get(), CText(key), CText(value));
          },
          nb::arg("key"), nb::arg("value"))
      .def(
          "set_empty_list",
          [](Options& self, const std::string& key) {
            deltaic_options_set_empty_list(self.handle.get(), key.c_str());
          },
          nb::arg("key"))
      .def(
          "set_cancellation",
          [](Options& self, const Cancellation& cancellation) {
            self.cancellation = cancellation.handle;
            deltaic_options_set_cancellation(self.handle.get(), cancellation.handle.get());
          },
          nb::arg("cancellation"))
      .def(
          "set_credentials",
          [](Options& self, nb::object provider) {
            deltaic_options_set_credentials(self.handle.get(), AskPython, provider.release().ptr(),
                                            ForgetPython);
          },
          nb::arg("provider"));
}

}  // namespace deltaic_python
