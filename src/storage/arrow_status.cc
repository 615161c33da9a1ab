#include "storage/arrow_status.h"

#include <arrow/util/io_util.h>

#include <memory>
#include <string>
#include <utility>

#include "storage/errno_status.h"

namespace deltaic {
namespace {

constexpr const char* kDetailTypeId = "deltaic::Status";

/// Carries our Status through code of Arrow.
class OurStatusDetail : public arrow::StatusDetail {
 public:
  explicit OurStatusDetail(Status status) : status_(std::move(status)) {}
  const char* type_id() const override { return kDetailTypeId; }
  std::string ToString() const override { return std::string(StatusCodeName(status_.code())); }
  const Status& status() const { return status_; }

 private:
  Status status_;
};

StatusCode FromArrowCode(arrow::StatusCode code) {
  switch (code) {
    case arrow::StatusCode::Invalid:
    case arrow::StatusCode::TypeError:
    case arrow::StatusCode::KeyError:
    case arrow::StatusCode::IndexError:
      return StatusCode::kInvalidArgument;
    case arrow::StatusCode::NotImplemented:
    case arrow::StatusCode::CapacityError:
      return StatusCode::kUnsupported;
    case arrow::StatusCode::SerializationError:
      return StatusCode::kCorruption;
    case arrow::StatusCode::AlreadyExists:
      return StatusCode::kAlreadyExists;
    case arrow::StatusCode::Cancelled:
      return StatusCode::kCancelled;
    case arrow::StatusCode::IOError:
    case arrow::StatusCode::OutOfMemory:
      return StatusCode::kIo;
    default:
      return StatusCode::kInternal;
  }
}

arrow::StatusCode ToArrowCode(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument:
    case StatusCode::kSchemaMismatch:
    case StatusCode::kConstraintViolated:
      return arrow::StatusCode::Invalid;
    case StatusCode::kAlreadyExists:
      return arrow::StatusCode::AlreadyExists;
    case StatusCode::kUnsupported:
      return arrow::StatusCode::NotImplemented;
    case StatusCode::kCorruption:
      return arrow::StatusCode::SerializationError;
    case StatusCode::kCancelled:
      return arrow::StatusCode::Cancelled;
    case StatusCode::kNotFound:
    case StatusCode::kConflict:
    case StatusCode::kCommitUnknown:
    case StatusCode::kUnavailable:
    case StatusCode::kIo:
    case StatusCode::kPermissionDenied:
      return arrow::StatusCode::IOError;
    default:
      return arrow::StatusCode::UnknownError;
  }
}

}  // namespace

Status AsStatus(const arrow::Status& status) {
  if (status.ok()) return Status();
  if (const auto& detail = status.detail()) {
    // By name, not dynamic_cast: it holds across shared libraries too.
    if (std::string_view(detail->type_id()) == kDetailTypeId) {
      return static_cast<const OurStatusDetail&>(*detail).status();
    }
  }
  if (const int errnum = arrow::internal::ErrnoFromStatus(status); errnum != 0) {
    return Status(StatusCodeFromErrno(errnum), Concat(status.message(), ": ", ErrnoText(errnum)));
  }
  return Status(FromArrowCode(status.code()), status.message());
}

arrow::Status ToArrow(const Status& status) {
  if (status.ok()) return arrow::Status::OK();
  return arrow::Status(ToArrowCode(status.code()), status.message(),
                       std::make_shared<OurStatusDetail>(status));
}

}  // namespace deltaic
