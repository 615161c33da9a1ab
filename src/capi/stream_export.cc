#include "capi/stream_export.h"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>

#include <cerrno>
#include <exception>
#include <string>
#include <utility>

#include "base/status.h"
#include "storage/arrow_status.h"

namespace deltaic::capi {
namespace {

/// What a consumer's errno says; the text has the rest.
int ErrnoOf(const Status& status) {
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      return EINVAL;
    case StatusCode::kUnsupported:
      return ENOSYS;
    case StatusCode::kCorruption:
    case StatusCode::kSchemaMismatch:
      return EBADMSG;
    case StatusCode::kCancelled:
      return ECANCELED;
    default:
      return EIO;
  }
}

class ExportedStream {
 public:
  explicit ExportedStream(std::shared_ptr<arrow::RecordBatchReader> reader)
      : reader_(std::move(reader)) {}

  int GetSchema(struct ArrowSchema* out) {
    return Guarded([&] { return arrow::ExportSchema(*reader_->schema(), out); });
  }
  int GetNext(struct ArrowArray* out) {
    return Guarded([&]() -> arrow::Status {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(reader_->ReadNext(&batch));
      if (batch) return arrow::ExportRecordBatch(*batch, out);
      // A released array is the end of the stream.
      *out = {};
      return arrow::Status::OK();
    });
  }
  const char* last_error() const { return last_error_.empty() ? nullptr : last_error_.c_str(); }

 private:
  template <typename Body>
  int Guarded(Body&& body) noexcept {
    try {
      const Status status = AsStatus(std::forward<Body>(body)());
      if (status.ok()) return 0;
      last_error_ = status.message();
      return ErrnoOf(status);
    } catch (const std::exception& exception) {
      // What is left to do without memory for a text is the errno alone.
      last_error_.clear();
      return dynamic_cast<const std::bad_alloc*>(&exception) != nullptr ? ENOMEM : EIO;
    }
  }
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::string last_error_;
};

ExportedStream* Self(struct ArrowArrayStream* stream) {
  return static_cast<ExportedStream*>(stream->private_data);
}

}  // namespace

void ExportStream(std::shared_ptr<arrow::RecordBatchReader> reader, struct ArrowArrayStream* out) {
  auto exported = std::make_unique<ExportedStream>(std::move(reader));
  out->get_schema = [](struct ArrowArrayStream* self, struct ArrowSchema* schema) {
    return Self(self)->GetSchema(schema);
  };
  out->get_next = [](struct ArrowArrayStream* self, struct ArrowArray* array) {
    return Self(self)->GetNext(array);
  };
  out->get_last_error = [](struct ArrowArrayStream* self) { return Self(self)->last_error(); };
  out->release = [](struct ArrowArrayStream* self) {
    delete Self(self);
    self->release = nullptr;
    self->private_data = nullptr;
  };
  out->private_data = exported.release();
}

}  // namespace deltaic::capi
