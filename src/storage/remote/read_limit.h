#pragma once

#include <functional>
#include <string>

#include "storage/remote/remote_backend.h"

namespace deltaic {

/// Room for what a server says when it says no, where the answer that is asked for is shorter.
inline constexpr int64_t kErrorBodyBytes = 64 << 10;

/// RemoteBackend::Get() by a request whose answer may be a little longer than allowed.
/// \param get  asks for the whole object, of at most so many bytes.
Result<RemoteBytes> GetWithin(const RemoteBackend& backend, const std::string& key,
                              int64_t max_bytes, const IoContext& context,
                              const std::function<Result<RemoteBytes>(int64_t limit)>& get);

}  // namespace deltaic
