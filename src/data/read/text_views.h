#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"

namespace deltaic {

/// Text or bytes, maybe in a dictionary, as views of themselves: what is longer than a view is not
/// copied, and what a dictionary has is there once.
/// \param array  utf8, binary, or a dictionary of them with 32-bit indices, which are checked.
Result<std::shared_ptr<arrow::Array>> ToViews(const std::shared_ptr<arrow::Array>& array,
                                              arrow::MemoryPool* pool);

/// utf8_view for utf8, binary_view for binary, others as they are.
std::shared_ptr<arrow::DataType> ViewTypeOf(const std::shared_ptr<arrow::DataType>& type);

}  // namespace deltaic
