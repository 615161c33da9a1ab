#include "storage/gcs/gcs_store.h"

#include <algorithm>

#include "base/percent_encoding.h"
#include "net/curl_transport.h"
#include "net/http_client.h"
#include "net/http_time.h"
#include "storage/gcs/gcs_answer.h"
#include "storage/gcs/gcs_options.h"
#include "storage/gcs/gcs_upload.h"
#include "storage/gcs/google_credentials.h"
#include "storage/remote/checked_send.h"
#include "storage/remote/content_range.h"
#include "storage/remote/read_limit.h"
#include "storage/remote/remote_backend.h"

namespace deltaic {
namespace {

constexpr std::string_view kObjectFields = "name,size,updated,generation";

class GcsBackend : public RemoteBackend, public std::enable_shared_from_this<GcsBackend> {
 public:
  GcsBackend(Url base, std::string bucket, std::shared_ptr<TokenCache> tokens, HttpClient client)
      : base_(std::move(base)),
        bucket_(std::move(bucket)),
        tokens_(std::move(tokens)),
        client_(std::move(client)) {
    policy_.authorize = [this](HttpRequest& attempt, const IoContext& context) -> Status {
      if (tokens_ == nullptr) return Status();
      DELTAIC_ASSIGN_OR_RETURN(const std::string token, tokens_->Get(context));
      attempt.headers.Set("Authorization", Concat("Bearer ", token));
      return Status();
    };
    policy_.judge = [this](const HttpRequest& attempt, const HttpResponse& response) {
      constexpr std::string_view kBearer = "Bearer ";
      const std::string_view token = attempt.headers.Get("Authorization");
      if (response.status == 401 && tokens_ != nullptr && token.starts_with(kBearer) &&
          tokens_->Refused(token.substr(kBearer.size()))) {
        return RetryVerdict::kAtOnce;
      }
      return JudgeByStatus(response);
    };
  }

  std::string UriOf(std::string_view key) const override {
    return Concat("gs://", bucket_, key.empty() ? "" : "/", PercentEncodePath(key));
  }

  Result<RemoteObject> Head(const std::string& key, const IoContext& context) const override {
    HttpRequest request = ObjectRequest("GET", key);
    request.url.query = {{"fields", std::string(kObjectFields)}};
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response, Send(request, "reading", key, context));
    Result<RemoteObject> object = ParseGcsObject(response.body);
    if (!object.ok()) return object.status().WithContext(Concat("reading ", UriOf(key)));
    return object;
  }

  Result<RemoteBytes> Get(const std::string& key, int64_t max_bytes,
                          const IoContext& context) const override {
    return GetWithin(*this, key, max_bytes, context, [&](int64_t limit) -> Result<RemoteBytes> {
      HttpRequest request = ObjectRequest("GET", key);
      request.url.query = {{"alt", "media"}};
      request.max_response_bytes = limit;
      DELTAIC_ASSIGN_OR_RETURN(HttpResponse response, Send(request, "reading", key, context));
      RemoteObject object = ObjectOf(key, response, static_cast<int64_t>(response.body.size()));
      return RemoteBytes{std::move(response.body), std::move(object)};
    });
  }

  Result<RemoteObject> GetRange(const std::string& key, int64_t offset, std::span<char> out,
                                const std::string& etag, const IoContext& context) const override {
    const auto size_bytes = static_cast<int64_t>(out.size());
    HttpRequest request = ObjectRequest("GET", key);
    request.url.query = {{"alt", "media"}};
    // The generation: another one is another object.
    if (!etag.empty()) request.url.query.emplace_back("ifGenerationMatch", etag);
    request.headers.Add("Range", Concat("bytes=", offset, '-', offset + size_bytes - 1));
    request.place = out;
    request.max_response_bytes = std::max(size_bytes, kErrorBodyBytes);
    Result<HttpResponse> sent = client_.Send(request, policy_, context);
    if (!sent.ok()) return sent.status().WithContext(Concat("reading ", UriOf(key)));
    HttpResponse& response = *sent;
    const std::string_view generation = response.headers.Get("x-goog-generation");
    const bool is_another =
        response.is_success() && !etag.empty() && !generation.empty() && generation != etag;
    if (response.status == 412 || is_another) {
      return Status::Conflict("reading ", UriOf(key),
                              ": it was replaced while it was read; read the table again");
    }
    DELTAIC_RETURN_IF_ERROR(Check(response, "reading", key));
    DELTAIC_ASSIGN_OR_RETURN(const int64_t total,
                             TakeRangeAnswer(response, offset, out, UriOf(key)));
    return ObjectOf(key, response, total);
  }

  Result<RemotePage> List(const RemoteListing& listing, const std::string& token,
                          const IoContext& context) const override {
    HttpRequest request = BucketRequest("GET", "/storage/v1/b/");
    auto& query = request.url.query;
    query = {{"fields", Concat("kind,nextPageToken,items(", kObjectFields, ")")}};
    if (!listing.prefix.empty()) query.emplace_back("prefix", listing.prefix);
    if (!listing.recursive) query.emplace_back("delimiter", "/");
    if (!listing.start_key.empty()) query.emplace_back("startOffset", listing.start_key);
    if (!token.empty()) query.emplace_back("pageToken", token);
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             Send(request, "listing", listing.prefix, context));
    Result<RemotePage> page = ParseGcsListPage(response.body);
    if (!page.ok()) return page.status().WithContext(Concat("listing ", UriOf(listing.prefix)));
    return page;
  }

  Status Put(const std::string& key, std::string_view bytes, const IoContext& context) override {
    HttpRequest request = UploadRequest(key, "media");
    request.body = bytes;
    return AsStatus(Send(request, "writing", key, context));
  }

  Result<PutOutcome> PutIfAbsent(const std::string& key, std::string_view bytes,
                                 const IoContext& context) override {
    HttpRequest request = UploadRequest(key, "media");
    request.url.query.emplace_back("ifGenerationMatch", "0");
    request.body = bytes;
    request.may_resend = false;
    const Result<HttpResponse> response = client_.Send(request, policy_, context);
    if (!response.ok()) return response.status().WithContext(Concat("creating ", UriOf(key)));
    if (response->status == 200) return PutOutcome::kCreated;
    if (response->status == 412) return PutOutcome::kAlreadyExists;
    const Status status = Check(*response, "creating", key);
    // 429 (an object may change once a second) is said before any work is done; of other errors
    // none knows what the server behind did.
    if (status.code() == StatusCode::kUnavailable && response->status != 429) {
      return Status::CommitUnknown(status.message());
    }
    if (!status.ok()) return status;
    return Status::CommitUnknown("creating ", UriOf(key), ": Google answers HTTP ",
                                 response->status, ", which says nothing of the outcome");
  }

  Status Delete(const std::string& key, const IoContext& context) override {
    const Result<HttpResponse> response =
        Send(ObjectRequest("DELETE", key), "deleting", key, context);
    if (response.status().code() == StatusCode::kNotFound) return Status();
    return AsStatus(response);
  }

  Result<std::unique_ptr<RemoteUpload>> StartUpload(const std::string& key,
                                                    const IoContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             Send(UploadRequest(key, "resumable"), "writing", key, context));
    const Result<Url> location = ParseUrl(response.headers.Get("location"));
    if (!location.ok() || location->query.empty()) {
      return Status::Io("writing ", UriOf(key), ": Google starts no upload that could go on");
    }
    // Of the same server, whatever it says: the token goes along.
    Url session = base_;
    session.path = location->path;
    session.query = location->query;
    auto send = [self = shared_from_this(), session = std::move(session)](HttpRequest request,
                                                                          const IoContext& in) {
      request.url = session;
      return self->client_.Send(request, self->policy_, in);
    };
    return MakeGcsUpload(std::move(send), UriOf(key));
  }

 private:
  HttpRequest BucketRequest(std::string_view method, std::string_view service) const {
    HttpRequest request;
    request.method = method;
    request.url = base_;
    if (request.url.path.ends_with('/')) request.url.path.pop_back();
    request.url.path += Concat(service, UriEncode(bucket_, /*keep_slash=*/false), "/o");
    return request;
  }

  HttpRequest ObjectRequest(std::string_view method, std::string_view key) const {
    HttpRequest request = BucketRequest(method, "/storage/v1/b/");
    request.url.path += Concat('/', UriEncode(key, /*keep_slash=*/false));
    return request;
  }

  HttpRequest UploadRequest(std::string_view key, std::string_view type) const {
    HttpRequest request = BucketRequest("POST", "/upload/storage/v1/b/");
    request.url.query = {{"uploadType", std::string(type)}, {"name", std::string(key)}};
    request.headers.Add("Content-Type", "application/octet-stream");
    return request;
  }

  Result<HttpResponse> Send(const HttpRequest& request, std::string_view what, std::string_view key,
                            const IoContext& context) const {
    return SendChecked(client_, request, policy_, context, Concat(what, ' ', UriOf(key)),
                       [&](const HttpResponse& response) { return Check(response, what, key); });
  }

  Status Check(const HttpResponse& response, std::string_view what, std::string_view key) const {
    if (response.is_success()) return Status();
    return GcsStatus(response.status, response.body, Concat(what, ' ', UriOf(key)));
  }

  static RemoteObject ObjectOf(const std::string& key, const HttpResponse& response, int64_t size) {
    const int64_t seconds = ParseHttpDate(response.headers.Get("last-modified")).value_or(0);
    return {key, size, TimestampMs{seconds * 1000},
            std::string(response.headers.Get("x-goog-generation"))};
  }

  const Url base_;
  const std::string bucket_;
  const std::shared_ptr<TokenCache> tokens_;  ///< nullptr: no credentials
  const HttpClient client_;
  RequestPolicy policy_;
};

/// Where the service is: an option, an emulator's address, a key file's, else Google's.
Result<Url> BaseUrl(const OptionSet& options, const std::string& emulator,
                    const std::string& of_login) {
  std::string text = options.Get("google_base_url");
  if (text.empty()) text = emulator;
  if (text.empty()) text = of_login;
  if (text.empty()) text = "https://storage.googleapis.com";
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  Result<Url> url = ParseUrl(text);
  return url.ok() ? url : url.status().WithContext("storage option google_base_url");
}

}  // namespace

Result<std::shared_ptr<ObjectStore>> OpenGcsStore(std::string_view uri,
                                                  const std::map<std::string, std::string>& given,
                                                  const Environment& environment,
                                                  const OptionsProvider& provider) {
  DELTAIC_ASSIGN_OR_RETURN(GcsLocation location, ParseGcsUri(uri));
  DELTAIC_ASSIGN_OR_RETURN(const OptionSet options, ReadGcsOptions(given, environment));
  DELTAIC_ASSIGN_OR_RETURN(ClientOptions client_options, ReadClientOptions(options));
  std::string emulator;
  if (!options.WasGiven("google_base_url")) {
    emulator = options.Variable("STORAGE_EMULATOR_HOST").value_or("");
  }
  GoogleLogin login;
  const std::shared_ptr<HttpTransport> transport = SharedCurlTransport(client_options);
  if (provider) {
    login.tokens = std::make_shared<TokenCache>(FetchGoogleTokenBy(provider));
  } else if (emulator.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(login, MakeGoogleLogin(options, transport, client_options.retry));
  } else {
    client_options.allow_http = true;  // emulators have nothing else, and get no credentials
  }
  DELTAIC_ASSIGN_OR_RETURN(Url base, BaseUrl(options, emulator, login.base_url));
  auto backend = std::make_shared<GcsBackend>(
      std::move(base), std::move(location.bucket), std::move(login.tokens),
      HttpClient(SharedCurlTransport(client_options), client_options.retry));
  return MakeRemoteStore(std::move(backend), std::move(location.folder));
}

}  // namespace deltaic
