#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"

namespace deltaic {

/// The columns of a V1 checkpoint in the file's order: one nullable struct an action kind.
enum class CheckpointColumn : int { kTxn, kAdd, kRemove, kMetadata, kProtocol, kDomainMetadata };

/// The Arrow schema of a checkpoint; its columns are indexed by CheckpointColumn.
/// \param stats_as_json  whether `add` has `stats`.
/// \param more_of_add  its last members, all nullable.
/// Source: PROTOCOL.md, "Checkpoint Schema".
std::shared_ptr<arrow::Schema> CheckpointSchema(bool stats_as_json,
                                                const arrow::FieldVector& more_of_add);

// Actions as arrays of the column's struct type, one row each.

Result<std::shared_ptr<arrow::Array>> ProtocolRow(const Protocol& protocol);
Result<std::shared_ptr<arrow::Array>> MetadataRow(const Metadata& metadata);
Result<std::shared_ptr<arrow::Array>> TxnRows(const std::vector<Txn>& txns);
Result<std::shared_ptr<arrow::Array>> DomainMetadataRows(
    const std::vector<DomainMetadata>& domains);

/// The rows of a batch of file actions as one struct array of `type`, its children taken from the
/// batch by name without copying; `dataChange` becomes false in all rows, since a checkpoint
/// changes nothing.
Result<std::shared_ptr<arrow::Array>> FileActionRows(const arrow::RecordBatch& batch,
                                                     const std::shared_ptr<arrow::DataType>& type);

}  // namespace deltaic
