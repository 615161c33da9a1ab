#include <nanobind/nanobind.h>

#include "arrow_schema.h"
#include "arrow_stream.h"
#include "bindings.h"
#include "text_rows.h"

// One Python name for one function of deltaic.h, with the same meaning; deltaic/ builds on it what
// a Python user expects. Rows and schemas are PyCapsules of the Arrow PyCapsule interface.
NB_MODULE(_native, module) {
  // A daemon thread that still reads when the interpreter ends keeps its objects. That is no leak.
  nanobind::set_leak_warnings(false);
  deltaic_python::BindLibrary(module);
  deltaic_python::BindOptions(module);
  deltaic_python::BindExpr(module);
  deltaic_python::BindTable(module);
  deltaic_python::BindScan(module);
  deltaic_python::BindSync(module);
  deltaic_python::BindRowReader(module);
  deltaic_python::BindStreams(module);
  deltaic_python::BindSchemas(module);
  deltaic_python::BindTextRows(module);
}
