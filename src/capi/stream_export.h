#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "deltaic/deltaic.h"

namespace deltaic::capi {

/// Hands `reader` out as a C stream whose errors are our one-line messages, without the names that
/// Arrow puts before its own. `out` keeps the reader alive until it is released.
void ExportStream(std::shared_ptr<arrow::RecordBatchReader> reader, struct ArrowArrayStream* out);

}  // namespace deltaic::capi
