#include "storage/azure/azure_signature.h"

#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "base/percent_encoding.h"
#include "net/digest.h"

namespace deltaic {
namespace {

/// "x-ms-…:value\n" of each, sorted by name.
std::string CanonicalHeaders(const HttpHeaders& headers) {
  std::map<std::string, std::string> sorted;
  for (const auto& [name, value] : headers) {
    std::string lower = AsciiLower(name);
    if (lower.starts_with("x-ms-")) sorted[std::move(lower)] = TrimSpace(value);
  }
  std::string out;
  for (const auto& [name, value] : sorted) out += Concat(name, ':', value, '\n');
  return out;
}

std::string CanonicalResource(const HttpRequest& request, std::string_view account) {
  std::map<std::string, std::vector<std::string_view>> sorted;
  for (const auto& [name, value] : request.url.query) sorted[AsciiLower(name)].push_back(value);
  std::string out = Concat('/', account, request.url.path);
  for (auto& [name, values] : sorted) {
    std::ranges::sort(values);
    out += Concat('\n', name, ':');
    for (size_t i = 0; i < values.size(); ++i) out += Concat(i == 0 ? "" : ",", values[i]);
  }
  return out;
}

}  // namespace

std::string AzureStringToSign(const HttpRequest& request, std::string_view account) {
  std::string out = Concat(request.method, '\n');
  for (const std::string_view name :
       {"content-encoding", "content-language", "content-length", "content-md5", "content-type",
        "date", "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"}) {
    if (name == "content-length") {
      // Empty, and not 0, since version 2015-02-21.
      if (!request.body.empty()) out += std::to_string(request.body.size());
    } else if (name != "date" || !request.headers.Find("x-ms-date")) {
      out += request.headers.Get(name);
    }
    out += '\n';
  }
  out += CanonicalHeaders(request.headers);
  out += CanonicalResource(request, account);
  return out;
}

Result<std::string> AzureSharedKey(const HttpRequest& request, std::string_view account,
                                   std::string_view key) {
  DELTAIC_ASSIGN_OR_RETURN(const std::string mac,
                           HmacSha256(key, AzureStringToSign(request, account)));
  return Concat("SharedKey ", account, ':', Base64Encode(mac));
}

Result<std::string> DecodeAzureKey(std::string_view base64) {
  const Result<std::string> key = Base64Decode(TrimSpace(base64));
  if (key.ok() && !key->empty()) return key;
  return Status::InvalidArgument(
      "azure_storage_account_key is not base64; copy one of the account's access keys as it is");
}

Result<NameValues> ParseSasToken(std::string_view text) {
  text = TrimSpace(text);
  if (text.starts_with('?')) text.remove_prefix(1);
  // Percent-encoded as a whole: its separators are encoded too.
  std::string decoded;
  if (text.find('=') == std::string_view::npos && text.find("%3") != std::string_view::npos) {
    decoded = PercentDecode(text);
    text = decoded;
  }
  NameValues out;
  bool has_signature = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    out.emplace_back(PercentDecode(pair.substr(0, equals)),
                     PercentDecode(pair.substr(std::min(equals + 1, pair.size()))));
    if (out.back().first == "sig" && !out.back().second.empty()) has_signature = true;
  }
  if (has_signature) return out;
  return Status::InvalidArgument(
      "azure_storage_sas_token is no shared access signature: it has no "
      "parameter sig; copy it as a whole, from \"sv=\" on");
}

}  // namespace deltaic
