#include "storage/s3/s3_error.h"

#include <algorithm>

#include "net/xml.h"

namespace deltaic {
namespace {

constexpr size_t kLongestQuoted = 300;

struct KnownError {
  std::string_view code;
  StatusCode status;
  std::string_view advice;
};

constexpr KnownError kKnown[] = {
    {"NoSuchBucket", StatusCode::kNotFound, "check the bucket's name, and the endpoint and region"},
    {"NoSuchKey", StatusCode::kNotFound, ""},
    {"NoSuchUpload", StatusCode::kNotFound, ""},
    {"InvalidAccessKeyId", StatusCode::kPermissionDenied,
     "check aws_access_key_id, and that it is a key of this endpoint"},
    {"XAdminUserNotFound", StatusCode::kPermissionDenied, "check aws_access_key_id"},
    {"SignatureDoesNotMatch", StatusCode::kPermissionDenied,
     "check aws_secret_access_key, and aws_region"},
    {"AccessDenied", StatusCode::kPermissionDenied,
     "check that these credentials may do this in this bucket"},
    {"AccountProblem", StatusCode::kPermissionDenied, "ask the owner of the account"},
    {"ExpiredToken", StatusCode::kPermissionDenied,
     "log in again, or give credentials that have not expired"},
    {"InvalidToken", StatusCode::kPermissionDenied, "check aws_session_token"},
    {"TokenRefreshRequired", StatusCode::kPermissionDenied, "log in again"},
    {"RequestTimeTooSkewed", StatusCode::kPermissionDenied, "set this machine's clock"},
    {"PermanentRedirect", StatusCode::kInvalidArgument,
     "set aws_region (and aws_endpoint) to the bucket's"},
    {"AuthorizationHeaderMalformed", StatusCode::kInvalidArgument,
     "set aws_region to the bucket's"},
    {"IllegalLocationConstraintException", StatusCode::kInvalidArgument,
     "set aws_region to the bucket's"},
    {"InvalidBucketName", StatusCode::kInvalidArgument, "check the bucket's name"},
    {"NotImplemented", StatusCode::kUnsupported, "this store lacks it; see docs/storage.md"},
    {"InvalidObjectState", StatusCode::kIo, "restore the object from its archive first"},
};

StatusCode CodeOf(int status) {
  if (status == 404) return StatusCode::kNotFound;
  if (status == 401 || status == 403) return StatusCode::kPermissionDenied;
  if (status == 412) return StatusCode::kConflict;
  if (status == 408 || status == 409 || status == 429 || status >= 500)
    return status == 501 ? StatusCode::kUnsupported : StatusCode::kUnavailable;
  return StatusCode::kIo;
}

std::string_view AdviceOf(StatusCode code) {
  switch (code) {
    case StatusCode::kPermissionDenied:
      return "check the credentials, and that they may do this in this bucket";
    case StatusCode::kUnavailable:
      return "try again later";
    default:
      return "";
  }
}

std::string OneLine(std::string_view text) {
  std::string out(text.substr(0, kLongestQuoted));
  std::ranges::replace_if(out, [](unsigned char c) { return c < ' '; }, ' ');
  return out;
}

}  // namespace

S3Error ParseS3Error(const HttpResponse& response) {
  S3Error out;
  out.region = response.headers.Get("x-amz-bucket-region");
  const Result<XmlElement> root = ParseXml(response.body);
  if (!root.ok()) return out;
  // STS wraps the Error in an ErrorResponse.
  const XmlElement* error = root->name == "Error" ? &*root : root->Find("Error");
  if (error == nullptr) return out;
  out.code = OneLine(error->TextOf("Code"));
  out.message = OneLine(error->TextOf("Message"));
  if (out.region.empty()) out.region = error->TextOf("Region");
  return out;
}

bool IsFailedDocument(const HttpResponse& response, std::string_view root) {
  const Result<XmlElement> parsed = ParseXml(response.body);
  return !parsed.ok() || parsed->name != root;
}

Status S3Failure(const HttpResponse& response, std::string_view doing, std::string_view where) {
  const S3Error error = ParseS3Error(response);
  StatusCode code = CodeOf(response.is_success() ? 503 : response.status);
  std::string_view advice = AdviceOf(code);
  for (const KnownError& known : kKnown) {
    if (known.code != error.code) continue;
    code = known.status;
    advice = known.advice;
  }
  std::string said = error.code;
  // A server quotes what it was sent here, and more than that for a wrong signature.
  if (!error.message.empty() && error.code != "SignatureDoesNotMatch") {
    said += (said.empty() ? "" : ": ") + error.message;
    while (said.ends_with('.')) said.pop_back();
  }
  if (said.empty()) said = Concat("HTTP ", response.status);
  if (!error.region.empty() && code == StatusCode::kInvalidArgument)
    said += Concat("; the bucket is in ", error.region);
  return Status(code, Concat(doing, ' ', where, ": the store says ", said,
                             advice.empty() ? "" : "; ", advice));
}

}  // namespace deltaic
