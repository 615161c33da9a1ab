#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// An http or https URL in its parts.
struct Url {
  std::string scheme;      ///< "http" or "https"
  std::string host;        ///< lower-case; an IPv6 address in brackets
  int port = 0;            ///< 0: the scheme's own
  std::string path = "/";  ///< percent-encoded, begins with '/'
  std::vector<std::pair<std::string, std::string>> query;  ///< not encoded

  /// "host" or "host:port", as in the Host header.
  std::string Authority() const;
  /// "https://host:port", for messages.
  std::string Origin() const { return Concat(scheme, "://", Authority()); }
  /// To be sent. May hold secrets (signatures): not for messages.
  std::string ToString() const;
  /// Without the query, for messages.
  std::string Redacted() const { return Origin() + path; }
};

/// \retval kInvalidArgument  not http(s), no host, user and password in it (not repeated in the
/// message), a fragment.
Result<Url> ParseUrl(std::string_view text);

/// RFC 3986: letters, digits and `-_.~` stay, all else becomes upper-case %XX; `/` stays where it
/// is to.
std::string UriEncode(std::string_view text, bool keep_slash);

/// "a=1&b=%20", each part UriEncode()d, in the order given.
std::string FormatQuery(const std::vector<std::pair<std::string, std::string>>& query);

/// True for the addresses of this machine and its link: localhost, 127/8, 169.254/16, [::1],
/// [fe80::/10], [fd00:ec2::].
bool IsLocalHost(std::string_view host);

}  // namespace deltaic
