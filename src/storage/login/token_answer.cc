#include "storage/login/token_answer.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "base/civil_time.h"
#include "net/http_time.h"

namespace deltaic {
namespace {

using simdjson::dom::element;

/// A whole number, as JSON's or in a text.
std::optional<int64_t> Number(element object, std::string_view member) {
  element found;
  if (object[member].get(found) != simdjson::SUCCESS) return std::nullopt;
  int64_t number = 0;
  if (found.get(number) == simdjson::SUCCESS) return number;
  std::string_view text;
  if (found.get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string Text(element object, std::string_view member) {
  std::string_view out;
  return std::string(object[member].get(out) == simdjson::SUCCESS ? out : std::string_view());
}

/// Why a service said no, in its words, cut to one short line.
std::string ReasonOf(std::string_view body) {
  constexpr size_t kLongest = 200;
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return {};
  }
  std::string code = Text(root, "error");
  std::string detail = Text(root, "error_description");
  element error;
  if (root["error"].get(error) == simdjson::SUCCESS && error.is_object()) {
    code = Text(error, "status");
    detail = Text(error, "message");
  }
  std::string out = code.empty() || detail.empty() ? code + detail : Concat(code, ": ", detail);
  out.resize(std::min({out.find_first_of("\r\n"), kLongest, out.size()}));
  return out;
}

}  // namespace

Result<AccessToken> ParseTokenAnswer(std::string_view json, int64_t now_seconds) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return Status::Io("the answer to a request for a token is no JSON object");
  }
  AccessToken out{Text(root, "access_token"), std::chrono::seconds(0)};
  if (out.text.empty()) out.text = Text(root, "accessToken");
  if (out.text.empty()) return Status::Io("the answer to a request for a token holds none");
  int64_t seconds = 0;
  if (const auto in = Number(root, "expires_in")) {
    seconds = *in;
  } else if (const auto on = Number(root, "expires_on")) {
    seconds = *on - now_seconds;
  } else if (const auto at = ParseTimestampMicros(Text(root, "expireTime")); at.ok()) {
    seconds = *at / 1'000'000 - now_seconds;
  } else {
    return out;
  }
  constexpr int64_t kLongest = 7 * 86'400;
  out.lifetime = std::chrono::seconds(std::clamp<int64_t>(seconds, 1, kLongest));
  return out;
}

std::optional<std::string> JsonText(std::string_view json, std::string_view member) {
  simdjson::dom::parser parser;
  element root;
  std::string_view out;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      root[member].get(out) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return std::string(out);
}

HttpRequest FormRequest(Url url) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.Add("Accept", "application/json");
  return request;
}

Result<AccessToken> RequestToken(const HttpClient& client, const HttpRequest& request,
                                 std::string_view what, const IoContext& context) {
  Result<HttpResponse> answer = client.Send(request, {}, context);
  if (!answer.ok()) return answer.status().WithContext(what);
  if (answer->is_success()) {
    Result<AccessToken> token = ParseTokenAnswer(answer->body, NowSeconds());
    return token.ok() ? token : token.status().WithContext(what);
  }
  const std::string reason = ReasonOf(answer->body);
  const std::string said = Concat("HTTP ", answer->status, reason.empty() ? "" : ": ", reason);
  if (answer->status == 429 || answer->status == 408 || answer->status >= 500) {
    return Status::Unavailable(what, ": the service answers ", said, "; try again");
  }
  return Status::PermissionDenied(what, ": the service answers ", said, "; check the credentials");
}

Result<std::string> ReadCredentialFile(const std::string& path, std::string_view name) {
  constexpr std::streamsize kLongest = 1 << 20;
  std::ifstream in(path, std::ios::binary);
  std::string out(static_cast<size_t>(kLongest) + 1, '\0');
  in.read(out.data(), kLongest + 1);
  if (in.bad() || (!in.eof() && in.fail()) || in.gcount() > kLongest || !in.eof()) {
    return Status::InvalidArgument(name, " names ", path, ", which cannot be read");
  }
  out.resize(static_cast<size_t>(in.gcount()));
  return out;
}

}  // namespace deltaic
