#include <nanobind/stl/string.h>

#include "arrow_stream.h"
#include "bindings.h"
#include "errors.h"
#include "gil.h"

namespace deltaic_python {
namespace {

/// The Python function that gets log messages: owned by this module, borrowed by the C callback.
PyObject* log_function = nullptr;

void OnLog(void*, deltaic_log_level level, const char* message) {
  if (Py_IsInitialized() == 0 || IsFinalizing()) return;
  const WithGil locked;
  if (log_function == nullptr) return;
  try {
    nb::borrow(log_function)(static_cast<int>(level), message);
  } catch (nb::python_error& error) {
    error.discard_as_unraisable("deltaic log function");
  }
}

void SetLogCallback(nb::object function) {
  deltaic_set_log_callback(nullptr, nullptr);
  Py_XDECREF(log_function);
  log_function = nullptr;
  if (function.is_none()) return;
  log_function = function.release().ptr();
  deltaic_set_log_callback(OnLog, nullptr);
}

int64_t ParseTimestamp(const std::string& text) {
  int64_t timestamp_ms = 0;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_parse_timestamp(CText(text), &timestamp_ms, error);
  });
  return timestamp_ms;
}

nb::object FileRead(const std::string& path, const Options* options) {
  OwnedStream rows;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_file_read(CText(path), Get(options), &rows.stream, error);
  });
  return StreamToCapsule(std::move(rows));
}

int64_t FileNumRows(const std::string& path, const Options* options) {
  int64_t num_rows = -1;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_file_num_rows(CText(path), Get(options), &num_rows, error);
  });
  return num_rows;
}

int64_t FileWrite(const std::string& path, nb::object stream, const Options* options) {
  OwnedStream rows = StreamFromCapsule(stream);
  int64_t num_rows = 0;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_file_write(CText(path), &rows.stream, Get(options), &num_rows, error);
  });
  return num_rows;
}

nb::object StreamAsText(nb::object stream) {
  OwnedStream rows = StreamFromCapsule(stream);
  OwnedStream text;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_stream_as_text(&rows.stream, &text.stream, error);
  });
  return StreamToCapsule(std::move(text));
}

}  // namespace

void BindLibrary(nb::module_& module) {
  module.def("version", [] { return deltaic_version(); });
  module.def(
      "status_name",
      [](int code) { return deltaic_status_name(static_cast<deltaic_status>(code)); },
      nb::arg("code"));
  module.def("set_log_callback", &SetLogCallback, nb::arg("function").none());
  module.def("calls_json", [] {
    return TextWithoutGil(
        [](char** out, deltaic_error** error) { return deltaic_calls_json(out, error); });
  });
  module.def("parse_timestamp", &ParseTimestamp, nb::arg("text"));
  module.def("file_read", &FileRead, nb::arg("path"), nb::arg("options").none() = nb::none());
  module.def("file_num_rows", &FileNumRows, nb::arg("path"),
             nb::arg("options").none() = nb::none());
  module.def("file_write", &FileWrite, nb::arg("path"), nb::arg("stream"),
             nb::arg("options").none() = nb::none());
  module.def("stream_as_text", &StreamAsText, nb::arg("stream"));
}

}  // namespace deltaic_python
