#pragma once

#include <memory>

#include "net/http_client.h"
#include "net/option_set.h"
#include "storage/gcs/google_credential_file.h"
#include "storage/login/token_cache.h"

namespace deltaic {

/// How requests to Google are logged in.
struct GoogleLogin {
  /// nullptr: without credentials.
  std::shared_ptr<TokenCache> tokens;
  /// Of a service account for an emulator; else "".
  std::string base_url;
};

/// What the options give, before what the environment gives: a bearer token, a service account
/// (file or JSON), application default credentials (option, `GOOGLE_APPLICATION_CREDENTIALS`, the
/// file that gcloud leaves in the home folder), else the metadata server of the machine.
/// \retval kInvalidArgument  a file is none. Nothing of it is repeated.
/// \retval kUnsupported  a kind of credentials that this build has no code for.
Result<GoogleLogin> MakeGoogleLogin(const OptionSet& options,
                                    std::shared_ptr<HttpTransport> transport,
                                    const RetrySettings& retry);

/// One token for what a file says.
Result<AccessToken> FetchGoogleToken(const GoogleCredentialFile& file, const HttpClient& client,
                                     const IoContext& context);

}  // namespace deltaic
