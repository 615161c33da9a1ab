#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"

namespace deltaic {

/// What a Parquet file of a checkpoint is.
enum class CheckpointForm {
  kWhole,    ///< all of a checkpoint of the V1 form
  kTop,      ///< of the V2 form: what is no file action, and the names of the sidecars
  kSidecar,  ///< of the V2 form: file actions
};

/// The Arrow schema of such a file: one nullable struct an action kind, named after it.
/// \param stats_as_json  whether `add` has `stats`.
/// \param more_of_add  its last members, all nullable.
/// Source: PROTOCOL.md, "Checkpoint Schema".
std::shared_ptr<arrow::Schema> CheckpointSchema(CheckpointForm form, bool stats_as_json,
                                                const arrow::FieldVector& more_of_add);

// Actions as arrays of the column's struct type, one row each.

Result<std::shared_ptr<arrow::Array>> ProtocolRow(const Protocol& protocol);
Result<std::shared_ptr<arrow::Array>> MetadataRow(const Metadata& metadata);
Result<std::shared_ptr<arrow::Array>> TxnRows(const std::vector<Txn>& txns);
Result<std::shared_ptr<arrow::Array>> DomainMetadataRows(
    const std::vector<DomainMetadata>& domains);
Result<std::shared_ptr<arrow::Array>> CheckpointMetadataRow(const CheckpointMetadata& metadata);
Result<std::shared_ptr<arrow::Array>> SidecarRows(const std::vector<Sidecar>& sidecars);

/// The rows of a batch of file actions as one struct array of `type`, its children taken from the
/// batch by name without copying; `dataChange` becomes false in all rows, since a checkpoint
/// changes nothing.
Result<std::shared_ptr<arrow::Array>> FileActionRows(const arrow::RecordBatch& batch,
                                                     const std::shared_ptr<arrow::DataType>& type);

}  // namespace deltaic
