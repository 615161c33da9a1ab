#pragma once

#include <memory>
#include <span>

#include "net/http_client.h"
#include "net/option_set.h"
#include "storage/login/token_cache.h"

namespace deltaic {

/// The keys of Unity Catalog, by the names that the `deltalake` package has for them.
std::span<const OptionKey> UnityOptionKeys();

/// Whoever asks: a token that is given, or one that an application gets for its secret, from the
/// workspace or, where `authority_id` names a tenant, from Entra ID. nullptr: nobody logs in, as
/// open source servers allow.
/// \param host  of the catalog.
/// \retval kInvalidArgument  half of a login.
/// \retval kUnsupported  a way to log in that this build has no code for, by its option.
Result<std::shared_ptr<TokenCache>> MakeUnityLogin(const OptionSet& options, const Url& host,
                                                   const HttpClient& client);

}  // namespace deltaic
