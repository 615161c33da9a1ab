#include <nanobind/stl/string.h>

#include "bindings.h"

namespace deltaic_python {

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
          nb::arg("cancellation"));
}

}  // namespace deltaic_python
