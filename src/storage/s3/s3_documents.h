#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "storage/remote/remote_backend.h"

namespace deltaic {

/// A ListBucketResult of version 2. \retval kCorruption
Result<RemotePage> ParseS3Listing(std::string_view xml);

/// The body of DeleteObjects, which answers only what failed.
std::string FormatS3Delete(const std::vector<std::string>& keys);

/// The body of CompleteMultipartUpload. \param etags  of the parts, in order.
std::string FormatS3Complete(const std::vector<std::string>& etags);

/// The key after which all keys from `key` on come, and few before: for `start-after`.
std::string KeyBefore(std::string_view key);

}  // namespace deltaic
