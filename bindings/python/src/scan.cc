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

}  // namespace

void BindScan(nb::module_& module) {
  nb::class_<Scan>(module, "Scan")
      .def("stream", &TakeStream)
      .def("metrics_json", &MetricsJson)
      .def("error", &ErrorOf);
}

}  // namespace deltaic_python
