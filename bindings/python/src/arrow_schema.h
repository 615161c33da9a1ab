#pragma once

#include <nanobind/nanobind.h>

#include "deltaic/arrow_abi.h"

namespace deltaic_python {

namespace nb = nanobind;

/// An ArrowSchema that is released when it goes, unless it was moved from.
struct OwnedSchema {
  ArrowSchema schema{};
  OwnedSchema() = default;
  OwnedSchema(OwnedSchema&& other) noexcept : schema(other.schema) {
    other.schema.release = nullptr;
  }
  OwnedSchema& operator=(OwnedSchema&&) = delete;
  ~OwnedSchema() {
    if (schema.release != nullptr) schema.release(&schema);
  }
};

/// A copy that shares nothing with `source`.
void CopySchema(const ArrowSchema& source, ArrowSchema* out);

/// The schema inside a PyCapsule "arrow_schema", which stays its owner.
/// \throws ValueError  another object, or a schema that was moved away.
const ArrowSchema* SchemaOfCapsule(nb::handle capsule);

/// A PyCapsule "arrow_schema" that owns the schema.
nb::object SchemaToCapsule(OwnedSchema schema);

/// Adds schema functions to the module.
void BindSchemas(nb::module_& module);

}  // namespace deltaic_python
