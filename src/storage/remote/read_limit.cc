#include "storage/remote/read_limit.h"

#include <algorithm>

namespace deltaic {

Result<RemoteBytes> GetWithin(const RemoteBackend& backend, const std::string& key,
                              int64_t max_bytes, const IoContext& context,
                              const std::function<Result<RemoteBytes>(int64_t limit)>& get) {
  const auto too_long = [&](int64_t size_bytes) {
    return Status::Io("reading ", backend.UriOf(key), ": ", size_bytes,
                      " bytes, more than the allowed ", max_bytes);
  };
  Result<RemoteBytes> got = get(std::max(max_bytes, kErrorBodyBytes));
  if (got.ok()) {
    const auto size = static_cast<int64_t>(got->bytes.size());
    return size <= max_bytes ? std::move(got) : Result<RemoteBytes>(too_long(size));
  }
  if (got.status().code() != StatusCode::kIo) return got;
  // Only a failed read costs a second request, to tell an object that is too long from a broken
  // answer.
  const Result<RemoteObject> object = backend.Head(key, context);
  if (object.ok() && object->size_bytes > max_bytes) return too_long(object->size_bytes);
  return got;
}

}  // namespace deltaic
