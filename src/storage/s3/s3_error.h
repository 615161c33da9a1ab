#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http_message.h"

namespace deltaic {

/// What S3 (or STS) says went wrong.
struct S3Error {
  std::string code;     ///< "NoSuchKey"; empty where the answer does not say
  std::string message;  ///< the server's words
  std::string region;   ///< of the bucket, where the server says so
};

/// Of an answer whose status is no success, or whose document is an Error.
S3Error ParseS3Error(const HttpResponse& response);

/// True where a successful answer holds an Error document, or is not a whole document with this
/// root.
bool IsFailedDocument(const HttpResponse& response, std::string_view root);

/// The status of a failed answer, for users.
/// \param doing  "reading", "listing".
/// \param where  "s3://bucket/key".
Status S3Failure(const HttpResponse& response, std::string_view doing, std::string_view where);

}  // namespace deltaic
