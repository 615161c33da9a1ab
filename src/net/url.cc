#include "net/url.h"

#include <charconv>

#include "base/ascii.h"
#include "base/percent_encoding.h"

namespace deltaic {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

bool IsHostChar(char c) { return IsUnreserved(c) || c == '[' || c == ']' || c == ':'; }

Status ParseAuthority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) {
    return Status::InvalidArgument(
        "the URL has a user or password in it; give credentials as options");
  }
  const size_t bracket = text.find(']');
  const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (error != std::errc() || end != digits.data() + digits.size() || url.port < 1 ||
        url.port > 65535) {
      return Status::InvalidArgument("the URL has no port from 1 to 65535 after its ':'");
    }
    text = text.substr(0, colon);
  }
  if (text.empty()) return Status::InvalidArgument("the URL has no host");
  for (const char c : text) {
    if (!IsHostChar(c))
      return Status::InvalidArgument("the URL's host has a character no host has");
  }
  url.host = AsciiLower(text);
  if (url.port == (url.scheme == "https" ? 443 : 80)) url.port = 0;
  return Status();
}

}  // namespace

std::string Url::Authority() const { return port == 0 ? host : Concat(host, ':', port); }

std::string Url::ToString() const {
  std::string out = Redacted();
  if (!query.empty()) out += "?" + FormatQuery(query);
  return out;
}

Result<Url> ParseUrl(std::string_view text) {
  Url url;
  const size_t colon = text.find("://");
  url.scheme = AsciiLower(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (url.scheme != "http" && url.scheme != "https") {
    return Status::InvalidArgument("not a URL that begins with http:// or https://");
  }
  text.remove_prefix(colon + 3);
  if (text.find('#') != std::string_view::npos) {
    return Status::InvalidArgument("the URL has a fragment ('#')");
  }
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  DELTAIC_RETURN_IF_ERROR(ParseAuthority(text.substr(0, end), url));
  text.remove_prefix(end);
  const size_t mark = std::min(text.find('?'), text.size());
  url.path = text.substr(0, mark);
  if (url.path.empty()) url.path = "/";
  for (const char c : url.path) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
      return Status::InvalidArgument("the URL's path has a space or control character");
    }
  }
  text.remove_prefix(mark);
  while (!text.empty()) {
    text.remove_prefix(1);  // '?' or '&'
    const std::string_view pair = text.substr(0, text.find('&'));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      url.query.emplace_back(
          PercentDecode(pair.substr(0, equals)),
          PercentDecode(equals == pair.size() ? std::string_view() : pair.substr(equals + 1)));
    }
    text.remove_prefix(pair.size());
  }
  return url;
}

std::string UriEncode(std::string_view text, bool keep_slash) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 0xf]);
    }
  }
  return out;
}

std::string FormatQuery(const std::vector<std::pair<std::string, std::string>>& query) {
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out += '&';
    out += UriEncode(name, false) + "=" + UriEncode(value, false);
  }
  return out;
}

bool IsLocalHost(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host.starts_with("169.254.") ||
         host == "[::1]" || host.starts_with("[fe80:") || host.starts_with("[fd00:ec2:");
}

}  // namespace deltaic
