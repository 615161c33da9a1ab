#include "storage/s3/s3_url.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/status.h"

namespace deltaic {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::string_view kR2 = ".r2.cloudflarestorage.com";
constexpr std::string_view kAws[] = {".amazonaws.com", ".amazonaws.com.cn"};
constexpr std::string_view kService = "s3";
constexpr std::string_view kDualStack = "dualstack";

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  for (;;) {
    const size_t end = text.find(at);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// Of a host without its domain: "bucket.s3.dualstack.eu-west-1". \param path  "/…".
std::optional<S3Url> AwsUrl(std::string_view host, std::string_view domain, std::string_view path) {
  const std::vector<std::string_view> labels = Split(host, '.');
  const auto service = std::find(labels.rbegin(), labels.rend(), kService);
  if (service == labels.rend()) return std::nullopt;
  const auto after = labels.begin() + (service.base() - labels.begin());
  std::vector<std::string_view> rest(after, labels.end());
  const bool is_dual = !rest.empty() && rest.front() == kDualStack;
  if (is_dual) rest.erase(rest.begin());
  if (rest.size() > 1 || (is_dual && rest.empty())) return std::nullopt;
  S3Url out;
  if (!rest.empty()) out.region = rest.front();
  if (is_dual) out.endpoint = Concat(kScheme, "s3.dualstack.", out.region, domain);
  // The bucket's name may have dots.
  const size_t before =
      static_cast<size_t>(std::distance(labels.begin(), after) - 1);  // labels of the bucket
  std::string bucket;
  for (size_t i = 0; i < before; ++i) bucket += Concat(i == 0 ? "" : ".", labels[i]);
  out.location = bucket.empty() ? Concat('/', path) : Concat("//", bucket, path);
  return out;
}

}  // namespace

std::optional<S3Url> ParseS3Url(std::string_view uri) {
  if (uri.size() < kScheme.size() || AsciiLower(uri.substr(0, kScheme.size())) != kScheme)
    return std::nullopt;
  uri.remove_prefix(kScheme.size());
  if (uri.find_first_of("?#@") != std::string_view::npos) return std::nullopt;
  const size_t slash = std::min(uri.find('/'), uri.size());
  const std::string host = AsciiLower(uri.substr(0, slash));
  const std::string_view path = slash < uri.size() ? uri.substr(slash) : "/";
  if (host.ends_with(kR2)) {
    return S3Url{
        .location = Concat('/', path), .region = "auto", .endpoint = Concat(kScheme, host)};
  }
  for (const std::string_view domain : kAws) {
    if (host.ends_with(domain))
      return AwsUrl(std::string_view(host).substr(0, host.size() - domain.size()), domain, path);
  }
  return std::nullopt;
}

std::map<std::string, std::string> OptionsWith(const S3Url& url,
                                               std::map<std::string, std::string> given) {
  const auto has = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(given, [&](const auto& option) {
      const std::string name = AsciiLower(option.first);
      return std::ranges::find(names, name) != names.end();
    });
  };
  if (!url.region.empty() && !has({"aws_region", "region", "aws_default_region", "default_region"}))
    given["aws_region"] = url.region;
  if (!url.endpoint.empty() &&
      !has({"aws_endpoint", "endpoint", "aws_endpoint_url", "endpoint_url", "aws_endpoint_url_s3"}))
    given["aws_endpoint"] = url.endpoint;
  return given;
}

}  // namespace deltaic
