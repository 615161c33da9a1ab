#include "base/status.h"

#include "base/made_once.h"

namespace deltaic {

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "Ok";
    case StatusCode::kInvalidArgument:
      return "InvalidArgument";
    case StatusCode::kNotFound:
      return "NotFound";
    case StatusCode::kAlreadyExists:
      return "AlreadyExists";
    case StatusCode::kSchemaMismatch:
      return "SchemaMismatch";
    case StatusCode::kConstraintViolated:
      return "ConstraintViolated";
    case StatusCode::kUnsupported:
      return "Unsupported";
    case StatusCode::kCorruption:
      return "Corruption";
    case StatusCode::kConflict:
      return "Conflict";
    case StatusCode::kCommitUnknown:
      return "CommitUnknown";
    case StatusCode::kUnavailable:
      return "Unavailable";
    case StatusCode::kIo:
      return "Io";
    case StatusCode::kPermissionDenied:
      return "PermissionDenied";
    case StatusCode::kCancelled:
      return "Cancelled";
    case StatusCode::kInternal:
      return "Internal";
  }
  return "Internal";
}

Status::Status(StatusCode code, std::string message) {
  if (code != StatusCode::kOk) rep_ = std::make_shared<const Rep>(Rep{code, std::move(message)});
}

const std::string& Status::message() const {
  const auto& empty = MadeOnce([] { return std::string(); });
  return ok() ? empty : rep_->message;
}

std::string Status::ToString() const {
  if (ok()) return "Ok";
  return Concat(StatusCodeName(code()), ": ", message());
}

Status Status::WithContext(std::string_view context) const {
  if (ok()) return *this;
  return Status(code(), Concat(context, ": ", message()));
}

std::ostream& operator<<(std::ostream& os, const Status& status) { return os << status.ToString(); }

}  // namespace deltaic
