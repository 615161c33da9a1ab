#include "scan.h"

#include "arrow_stream.h"
#include "bindings.h"
#include "errors.h"

namespace deltaic_python {
namespace {

nb::object TakeStream(Scan& self) {
  OwnedStream rows;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_scan_stream(self.handle.get(), &rows.stream, error);
  });
  return StreamToCapsule(StopOnSignals(std::move(rows), self.cancellation));
}

nb::object MetricsJson(const Scan& self) {
  return TextWithoutGil([&](char** out, deltaic_error** error) {
    return deltaic_scan_metrics_json(self.handle.get(), out, error);
  });
}

nb::object ErrorOf(const Scan& self) {
  const ErrorHandle error(deltaic_scan_error(self.handle.get()));
  return error ? MakeException(error.get()) : nb::none();
}

Scan OpenTask(nb::bytes task, const Options* storage, Options& options) {
  CancellationHandle cancellation = EnsureCancellation(options);
  deltaic_scan* opened = nullptr;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_task_open(task.data(), task.size(), Get(storage), options.handle.get(), &opened,
                             error);
  });
  return Scan(ScanHandle(opened), std::move(cancellation));
}

nb::object TaskJson(nb::bytes task) {
  return TextWithoutGil([&](char** out, deltaic_error** error) {
    return deltaic_task_json(task.data(), task.size(), out, error);
  });
}

}  // namespace

void BindScan(nb::module_& module) {
  module.def("task_open", &OpenTask, nb::arg("task"), nb::arg("storage").none(),
             nb::arg("options"));
  module.def("task_json", &TaskJson, nb::arg("task"));
  nb::class_<Scan>(module, "Scan")
      .def("stream", &TakeStream)
      .def("metrics_json", &MetricsJson)
      .def("error", &ErrorOf);
}

}  // namespace deltaic_python
