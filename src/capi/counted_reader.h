#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "capi/options.h"

namespace deltaic::capi {

/// Tells the caller how many rows have been taken from `input`.
class CountingReader : public arrow::RecordBatchReader {
 public:
  CountingReader(std::shared_ptr<arrow::RecordBatchReader> input,
                 std::function<void(int64_t)> progress)
      : input_(std::move(input)), progress_(std::move(progress)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return input_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(input_->ReadNext(batch));
    if (*batch) progress_(rows_ += (*batch)->num_rows());
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> input_;
  std::function<void(int64_t)> progress_;
  int64_t rows_ = 0;
};

/// `input`, counted where `options` ask for progress.
inline std::shared_ptr<arrow::RecordBatchReader> Counted(
    std::shared_ptr<arrow::RecordBatchReader> input, const deltaic_options* options) {
  auto progress = ProgressOf(options);
  if (!progress) return input;
  return std::make_shared<CountingReader>(std::move(input), std::move(progress));
}

}  // namespace deltaic::capi
