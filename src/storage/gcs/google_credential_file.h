#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// A file of Google's that says how to log in. Members that its kind does not have are empty.
struct GoogleCredentialFile {
  enum class Kind {
    kServiceAccount,   ///< a private key
    kAuthorizedUser,   ///< a refresh token, from `gcloud auth application-default login`
    kExternalAccount,  ///< a token of another identity provider, exchanged
    kImpersonated,     ///< another service account, by what `source` gives
  };
  Kind kind = Kind::kServiceAccount;

  // kServiceAccount
  std::string client_email;
  std::string private_key;  ///< PEM
  std::string private_key_id;
  std::string token_uri;       ///< kAuthorizedUser too; Google's where the file has none
  bool disable_oauth = false;  ///< of emulators: no credentials
  std::string gcs_base_url;    ///< of emulators

  // kAuthorizedUser
  std::string client_id;
  std::string client_secret;
  std::string refresh_token;

  // kExternalAccount
  std::string audience;
  std::string subject_token_type;
  std::string token_url;
  std::string subject_file;  ///< the token lies in this file …
  std::string subject_url;   ///< … or is got from this URL, with these headers
  std::vector<std::pair<std::string, std::string>> subject_headers;
  std::string subject_field;  ///< the token's field, where it comes as JSON; else ""

  // kExternalAccount (optional), kImpersonated
  std::string impersonation_url;
  std::vector<std::string> delegates;
  std::shared_ptr<const GoogleCredentialFile> source;
};

/// \param name  of the file or option, for messages, which repeat nothing of `json`.
/// \retval kInvalidArgument  no such JSON, or a member is missing.
/// \retval kUnsupported  a kind, or a source of tokens, that this build has no code for.
Result<GoogleCredentialFile> ParseGoogleCredentialFile(std::string_view json,
                                                       std::string_view name);

/// The scope that storage needs.
inline constexpr std::string_view kGoogleStorageScope =
    "https://www.googleapis.com/auth/devstorage.read_write";

/// A JWT, signed with RS256, which asks `token_uri` for a token for an hour.
/// \param now_seconds  since 1970.
/// \retval kInvalidArgument  the private key cannot be read; the message does not repeat it.
Result<std::string> MakeServiceAccountJwt(const GoogleCredentialFile& file, int64_t now_seconds);

}  // namespace deltaic
