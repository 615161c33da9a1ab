#include "catalog/unity_catalog.h"

#include <atomic>
#include <utility>

#include "catalog/catalog_json.h"

namespace deltaic {
namespace {

constexpr std::string_view kRestPath = "/api/2.1/unity-catalog";

Url BaseOf(Url host) {
  while (host.path.ends_with('/')) host.path.pop_back();
  // Some write the whole address, as the reference does.
  if (!host.path.ends_with(kRestPath)) host.path += kRestPath;
  return host;
}

}  // namespace

UnityCatalog::UnityCatalog(Url host, std::shared_ptr<TokenCache> login, HttpClient client)
    : base_(BaseOf(std::move(host))), login_(std::move(login)), client_(std::move(client)) {
  policy_.authorize = [this](HttpRequest& attempt, const IoContext& context) -> Status {
    if (login_ == nullptr) return Status();
    DELTAIC_ASSIGN_OR_RETURN(const std::string token, login_->Get(context));
    attempt.headers.Set("Authorization", Concat("Bearer ", token));
    return Status();
  };
  policy_.judge = [this](const HttpRequest& attempt, const HttpResponse& response) {
    constexpr std::string_view kBearer = "Bearer ";
    const std::string_view token = attempt.headers.Get("Authorization");
    if (response.status == 401 && login_ != nullptr && token.starts_with(kBearer) &&
        login_->Refused(token.substr(kBearer.size()))) {
      return RetryVerdict::kAtOnce;
    }
    return JudgeByStatus(response);
  };
}

std::string UnityCatalog::Asking(std::string_view what, const UnityName& name) const {
  return Concat(what, " of Unity Catalog at ", base_.Origin(), " (uc://", name.full(), ")");
}

Result<HttpResponse> UnityCatalog::Ask(std::string_view path, std::string_view body,
                                       const IoContext& context) {
  constexpr int64_t kMaxAnswerBytes = 16 << 20;  // tables of many columns
  HttpRequest request;
  request.method = body.empty() ? "GET" : "POST";
  request.url = base_;
  request.url.path += path;
  request.headers.Add("Accept", "application/json");
  if (!body.empty()) request.headers.Add("Content-Type", "application/json");
  request.body = body;
  request.max_response_bytes = kMaxAnswerBytes;
  return client_.Send(request, policy_, context);
}

Result<UnityTable> UnityCatalog::Find(const UnityName& name, const IoContext& context) {
  const std::string what = Asking("looking up the table", name);
  const Result<HttpResponse> answer =
      Ask(Concat("/tables/", UriEncode(name.full(), /*keep_slash=*/false)), "", context);
  if (!answer.ok()) return answer.status().WithContext(what);
  if (!answer->is_success()) return UnityStatus(answer->status, answer->body, what);
  Result<UnityTable> table = ParseUnityTable(answer->body);
  return table.ok() ? table : table.status().WithContext(what);
}

OptionsProvider UnityCatalog::CredentialsOf(const UnityName& name, const UnityTable& table) {
  const auto reads_only = std::make_shared<std::atomic<bool>>(false);
  return [self = shared_from_this(), name, id = table.id,
          reads_only](const IoContext& context) -> Result<FreshOptions> {
    const std::string what = self->Asking("getting credentials", name);
    const auto ask = [&](std::string_view operation) {
      const std::string body =
          Concat(R"({"table_id":)", JsonQuoted(id), R"(,"operation":")", operation, R"("})");
      return self->Ask("/temporary-table-credentials", body, context);
    };
    if (!*reads_only) {
      const Result<HttpResponse> answer = ask("READ_WRITE");
      if (!answer.ok()) return answer.status().WithContext(what);
      // Who may not write may still read. What a server says to that is no matter of one code.
      const bool may_be_reader = answer->status == 400 || answer->status == 403;
      if (!may_be_reader) {
        if (!answer->is_success()) return UnityStatus(answer->status, answer->body, what);
        Result<FreshOptions> fresh = ParseUnityCredentials(answer->body);
        return fresh.ok() ? fresh : fresh.status().WithContext(what);
      }
    }
    const Result<HttpResponse> answer = ask("READ");
    if (!answer.ok()) return answer.status().WithContext(what);
    if (!answer->is_success()) return UnityStatus(answer->status, answer->body, what);
    *reads_only = true;
    Result<FreshOptions> fresh = ParseUnityCredentials(answer->body);
    return fresh.ok() ? fresh : fresh.status().WithContext(what);
  };
}

}  // namespace deltaic
