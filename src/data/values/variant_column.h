#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"

namespace deltaic {

/// What readers get for a variant column: struct<metadata: binary not null, value: binary not
/// null>. Its field carries Arrow's extension name `arrow.parquet.variant` as field metadata.
std::shared_ptr<arrow::DataType> VariantArrowType();

/// A field of any Arrow type that stands for a variant where `is_variant`.
std::shared_ptr<arrow::Field> VariantAwareField(const std::string& name,
                                                std::shared_ptr<arrow::DataType> type,
                                                bool nullable, bool is_variant);

/// Whether the field's values are variants: it has the extension name, and a struct that begins as
/// VariantArrowType() does.
bool IsVariantField(const arrow::Field& field);

/// A variant column as a file has it, struct<metadata, value, typed_value>, as VariantArrowType():
/// what was taken out of `value` into typed columns is put back. Where nothing was, buffers are
/// shared and no value is looked at.
/// \retval kCorruption  not of such a form; a shredded field without a name in the metadata.
/// Source: parquet-format, VariantShredding.md, "Reconstructing a Shredded Variant".
Result<std::shared_ptr<arrow::Array>> AssembleVariants(const std::shared_ptr<arrow::Array>& array);

}  // namespace deltaic
