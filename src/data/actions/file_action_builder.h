#pragma once

#include <cstdint>
#include <memory>

#include "base/status.h"
#include "data/actions/file_actions.h"
#include "protocol/actions.h"

namespace deltaic {

/// Collects adds into a batch of AddBatchSchema(columns). One thread at a time.
class AddBatchBuilder {
 public:
  explicit AddBatchBuilder(const FileColumns& columns);
  ~AddBatchBuilder();
  Status Append(const Add& add);
  int64_t num_rows() const;
  /// The rows so far; the builder is empty afterwards.
  Result<std::shared_ptr<arrow::RecordBatch>> Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Collects removes into a batch of RemoveBatchSchema(). One thread at a time.
class RemoveBatchBuilder {
 public:
  RemoveBatchBuilder();
  ~RemoveBatchBuilder();
  Status Append(const Remove& remove);
  int64_t num_rows() const;
  /// The rows so far; the builder is empty afterwards.
  Result<std::shared_ptr<arrow::RecordBatch>> Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic
