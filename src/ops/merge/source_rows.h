#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

#include "base/cancellation.h"
#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// Reads all rows of a merge's source into one batch of plain columns, which stays as it is however
/// often it is looked at.
/// \param schema  FromArrowSchema() of the source's.
/// \param max_bytes  0: a quarter of the machine's memory.
/// \retval kInvalidArgument  a source that is larger.
Result<std::shared_ptr<arrow::RecordBatch>> ReadSourceRows(arrow::RecordBatchReader& source,
                                                           const Schema& schema, int64_t max_bytes,
                                                           const CancellationToken& cancel);

}  // namespace deltaic
