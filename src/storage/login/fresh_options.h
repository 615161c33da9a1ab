#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "net/option_set.h"
#include "storage/login/token_cache.h"
#include "storage/s3/sigv4.h"

namespace deltaic {

/// Storage options that log in, which somebody else hands out: a program that uses this library, or
/// a catalog.
struct FreshOptions {
  std::map<std::string, std::string> options;  ///< by the names of storage options
  int64_t expires = 0;                         ///< seconds since 1970; 0: not known
};

/// Gives new ones. May be called from any thread; of one store by one thread at a time.
using OptionsProvider = std::function<Result<FreshOptions>(const IoContext& context)>;

/// What they hold for S3: two keys, and a session's token.
/// \retval kPermissionDenied  the provider fails, with its reason, or what it gives is not that.
Result<AwsCredentials> FetchAwsCredentials(const OptionsProvider& provider,
                                           const IoContext& context);

/// What they hold for Google: a token. Errors as above.
TokenCache::Fetch FetchGoogleTokenBy(OptionsProvider provider);

/// What they hold, where only `keys` may be among them. Errors as above.
/// \param prefix  of the store's options, such as "azure_".
Result<OptionSet> FetchOptions(const OptionsProvider& provider, std::vector<OptionKey> keys,
                               std::string_view prefix, int64_t& expires, const IoContext& context);

}  // namespace deltaic
