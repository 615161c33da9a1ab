#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/checkpoint/checkpoint_rows.h"
#include "protocol/actions.h"
#include "storage/object_store.h"

namespace deltaic {

struct CheckpointWriterOptions {
  CheckpointForm form = CheckpointForm::kWhole;
  bool stats_as_json = true;
  arrow::FieldVector more_of_add;  ///< columns that batches of adds have beside AddBatchSchema
  int64_t max_rows_per_group = 128 * 1024;
};

struct CheckpointWriteResult {
  int64_t num_actions = 0;
  int64_t num_adds = 0;
  int64_t size_bytes = 0;
};

/// Writes a Parquet file of a checkpoint from columns: no add becomes an object. Calls in this
/// order, those that the file's form has: WriteState once, WriteSidecars once, then adds and
/// removes as they stream. Nothing is visible before Finish(). One thread at a time. Source:
/// PROTOCOL.md, "Checkpoints".
class CheckpointWriter {
 public:
  virtual ~CheckpointWriter() = default;
  static Result<std::unique_ptr<CheckpointWriter>> Make(std::unique_ptr<ObjectWriter> out,
                                                        CheckpointWriterOptions options);
  virtual Status WriteState(const Protocol& protocol, const Metadata& metadata,
                            const std::vector<Txn>& txns,
                            const std::vector<DomainMetadata>& domains) = 0;
  virtual Status WriteSidecars(const CheckpointMetadata& metadata,
                               const std::vector<Sidecar>& sidecars) = 0;
  virtual Status WriteAdds(
      const std::shared_ptr<arrow::RecordBatch>& adds) = 0;  ///< AddBatchSchema, all columns
  virtual Status WriteRemoves(
      const std::shared_ptr<arrow::RecordBatch>& removes) = 0;  ///< RemoveBatchSchema
  virtual Result<CheckpointWriteResult> Finish() = 0;
};

}  // namespace deltaic
