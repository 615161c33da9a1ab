#include "storage/s3/sigv4.h"

#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "net/digest.h"
#include "net/http_time.h"

namespace deltaic {
namespace {

/// Spaces in a row count as one.
std::string CanonicalValue(std::string_view value) {
  std::string out;
  for (const char c : TrimSpace(value)) {
    if (c != ' ' || out.empty() || out.back() != ' ') out.push_back(c);
  }
  return out;
}

std::string CanonicalQuery(const Url& url) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : url.query)
    pairs.emplace_back(UriEncode(name, false), UriEncode(value, false));
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name + "=" + value;
  }
  return out;
}

}  // namespace

Status SignV4(HttpRequest& request, const AwsCredentials& credentials, const SigningScope& scope,
              std::string_view payload) {
  const std::string time = FormatCompactTime(scope.time_seconds);
  const std::string day = time.substr(0, 8);
  request.headers.Set("x-amz-date", time);
  request.headers.Set("x-amz-content-sha256", payload);
  if (!credentials.session_token.empty())
    request.headers.Set("x-amz-security-token", credentials.session_token);

  std::map<std::string, std::string> headers{{"host", request.url.Authority()}};
  for (const auto& [name, value] : request.headers)
    headers.insert_or_assign(AsciiLower(name), CanonicalValue(value));
  std::string names;
  std::string lines;
  for (const auto& [name, value] : headers) {
    if (!names.empty()) names += ';';
    names += name;
    lines += name + ":" + value + "\n";
  }
  const std::string canonical =
      Concat(request.method, '\n', request.url.path, '\n', CanonicalQuery(request.url), '\n', lines,
             '\n', names, '\n', payload);
  DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Sha256(canonical));
  const std::string where = Concat(day, '/', scope.region, '/', scope.service, "/aws4_request");
  const std::string to_sign =
      Concat("AWS4-HMAC-SHA256\n", time, '\n', where, '\n', HexEncode(digest));

  std::string key = "AWS4" + credentials.secret_access_key;
  for (const std::string_view part :
       {std::string_view(day), std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request"), std::string_view(to_sign)}) {
    DELTAIC_ASSIGN_OR_RETURN(key, HmacSha256(key, part));
  }
  request.headers.Set("Authorization",
                      Concat("AWS4-HMAC-SHA256 Credential=", credentials.access_key_id, '/', where,
                             ",SignedHeaders=", names, ",Signature=", HexEncode(key)));
  return Status();
}

}  // namespace deltaic
