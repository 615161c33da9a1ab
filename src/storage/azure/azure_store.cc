#include "storage/azure/azure_store.h"

#include <algorithm>
#include <atomic>

#include "base/percent_encoding.h"
#include "base/utf8.h"
#include "net/curl_transport.h"
#include "net/digest.h"
#include "net/http_time.h"
#include "storage/azure/azure_answer.h"
#include "storage/azure/azure_credentials.h"
#include "storage/azure/azure_provided.h"
#include "storage/azure/azure_upload.h"
#include "storage/remote/checked_send.h"
#include "storage/remote/content_range.h"
#include "storage/remote/read_limit.h"
#include "storage/remote/remote_backend.h"

namespace deltaic {
namespace {

constexpr std::string_view kVersion = "2023-11-03";
/// The first with `startFrom` in listings.
constexpr std::string_view kStartFromVersion = "2026-02-06";

/// Azure takes no other texts as parameters.
bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    if (!TakeUtf8(text)) return false;
  }
  return true;
}

class AzureBackend : public RemoteBackend, public std::enable_shared_from_this<AzureBackend> {
 public:
  AzureBackend(AzureEndpoint endpoint, std::shared_ptr<AzureCredentials> credentials,
               HttpClient client, std::string container_uri, HttpHeaders encryption)
      : endpoint_(std::move(endpoint)),
        credentials_(std::move(credentials)),
        client_(std::move(client)),
        container_uri_(std::move(container_uri)),
        encryption_(std::move(encryption)) {
    policy_.authorize = [this](HttpRequest& attempt, const IoContext& context) {
      return credentials_->Authorize(attempt, context);
    };
    policy_.judge = [this](const HttpRequest& attempt, const HttpResponse& response) {
      if ((response.status == 401 || response.status == 403) &&
          credentials_->Refused(attempt, response)) {
        return RetryVerdict::kAtOnce;
      }
      return JudgeByStatus(response);
    };
  }

  std::string UriOf(std::string_view key) const override {
    return key.empty() ? container_uri_ : Concat(container_uri_, '/', PercentEncodePath(key));
  }

  Result<RemoteObject> Head(const std::string& key, const IoContext& context) const override {
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             Send(BlobRequest("HEAD", key), "reading", key, context));
    if (response.headers.Get("x-ms-resource-type") == "directory" ||
        response.headers.Get("x-ms-meta-hdi_isfolder") == "true") {
      return Status::NotFound("reading ", UriOf(key), ": it is a directory");
    }
    DELTAIC_ASSIGN_OR_RETURN(const int64_t size, ParseSize(response.headers.Get("content-length")));
    return ObjectOf(key, response, size);
  }

  Result<RemoteBytes> Get(const std::string& key, int64_t max_bytes,
                          const IoContext& context) const override {
    return GetWithin(*this, key, max_bytes, context, [&](int64_t limit) -> Result<RemoteBytes> {
      HttpRequest request = BlobRequest("GET", key);
      request.max_response_bytes = limit;
      DELTAIC_ASSIGN_OR_RETURN(HttpResponse response, Send(request, "reading", key, context));
      const auto size = static_cast<int64_t>(response.body.size());
      RemoteObject object = ObjectOf(key, response, size);
      return RemoteBytes{std::move(response.body), std::move(object)};
    });
  }

  Result<RemoteObject> GetRange(const std::string& key, int64_t offset, std::span<char> out,
                                const std::string& etag, const IoContext& context) const override {
    const auto size_bytes = static_cast<int64_t>(out.size());
    HttpRequest request = BlobRequest("GET", key);
    request.headers.Add("Range", Concat("bytes=", offset, '-', offset + size_bytes - 1));
    if (!etag.empty()) request.headers.Add("If-Match", etag);
    request.place = out;
    request.max_response_bytes = std::max(size_bytes, kErrorBodyBytes);
    Result<HttpResponse> sent = client_.Send(request, policy_, context);
    if (!sent.ok()) return sent.status().WithContext(Concat("reading ", UriOf(key)));
    HttpResponse& response = *sent;
    if (response.status == 412) {
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
    const bool starts = !listing.start_key.empty() && token.empty() && !lacks_start_from_ &&
                        IsUtf8(listing.start_key);
    const HttpRequest request = ListRequest(listing, token, starts);
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response, client_.Send(request, policy_, context));
    if (starts && response.status == 400) {
      // A service (of another cloud, or an emulator) that is older than this version.
      lacks_start_from_ = true;
      return List(listing, token, context);
    }
    DELTAIC_RETURN_IF_ERROR(Check(response, "listing", listing.prefix));
    Result<RemotePage> page = ParseAzureListPage(response.body);
    if (!page.ok()) return page.status().WithContext(Concat("listing ", UriOf(listing.prefix)));
    return page;
  }

  Status Put(const std::string& key, std::string_view bytes, const IoContext& context) override {
    HttpRequest request = BlobRequest("PUT", key);
    request.headers.Add("x-ms-blob-type", "BlockBlob");
    request.body = bytes;
    return AsStatus(Send(request, "writing", key, context));
  }

  Result<PutOutcome> PutIfAbsent(const std::string& key, std::string_view bytes,
                                 const IoContext& context) override {
    HttpRequest request = BlobRequest("PUT", key);
    request.headers.Add("x-ms-blob-type", "BlockBlob");
    request.headers.Add("If-None-Match", "*");
    request.body = bytes;
    request.may_resend = false;
    Result<HttpResponse> response = client_.Send(request, policy_, context);
    if (!response.ok()) return response.status().WithContext(Concat("creating ", UriOf(key)));
    if (response->status == 201) return PutOutcome::kCreated;
    const std::string_view code = response->headers.Get("x-ms-error-code");
    if (response->status == 412 || (response->status == 409 && code == "BlobAlreadyExists")) {
      return PutOutcome::kAlreadyExists;
    }
    const Status status = Check(*response, "creating", key);
    // An error that a server makes up may hide that the one behind it did the work. Throttling is
    // said before any work is done.
    if (status.code() == StatusCode::kUnavailable && response->status != 429) {
      return Status::CommitUnknown(status.message());
    }
    if (!status.ok()) return status;
    return Status::CommitUnknown("creating ", UriOf(key), ": Azure answers HTTP ", response->status,
                                 ", which says nothing of the outcome");
  }

  Status Delete(const std::string& key, const IoContext& context) override {
    HttpRequest request = BlobRequest("DELETE", key);
    request.headers.Add("x-ms-delete-snapshots", "include");
    const Result<HttpResponse> response = Send(request, "deleting", key, context);
    if (response.status().code() == StatusCode::kNotFound) return Status();
    return AsStatus(response);
  }

  Result<std::unique_ptr<RemoteUpload>> StartUpload(const std::string& key,
                                                    const IoContext& /*context*/) override {
    auto send = [self = shared_from_this(), key](HttpRequest part, const IoContext& context) {
      HttpRequest request = self->BlobRequest("PUT", key);
      request.url.query = part.url.query;
      request.body = part.body;
      return AsStatus(self->Send(request, "writing", key, context));
    };
    return MakeAzureUpload(std::move(send));
  }

 private:
  HttpRequest ContainerRequest(std::string_view method, std::string_view version) const {
    HttpRequest request;
    request.method = method;
    request.url = endpoint_.url;
    request.url.path += UriEncode(endpoint_.container, /*keep_slash=*/false);
    request.headers.Add("x-ms-version", version);
    return request;
  }

  HttpRequest BlobRequest(std::string_view method, std::string_view key) const {
    HttpRequest request = ContainerRequest(method, kVersion);
    request.url.path += Concat('/', UriEncode(key, /*keep_slash=*/true));
    if (method != "DELETE") {
      for (const auto& [name, value] : encryption_) request.headers.Add(name, value);
    }
    return request;
  }

  HttpRequest ListRequest(const RemoteListing& listing, const std::string& token,
                          bool starts) const {
    HttpRequest request = ContainerRequest("GET", starts ? kStartFromVersion : kVersion);
    auto& query = request.url.query;
    query = {{"restype", "container"}, {"comp", "list"}, {"include", "metadata"}};
    if (!listing.prefix.empty()) query.emplace_back("prefix", listing.prefix);
    if (!listing.recursive) query.emplace_back("delimiter", "/");
    if (!token.empty()) query.emplace_back("marker", token);
    if (starts) query.emplace_back("startFrom", listing.start_key);
    return request;
  }

  Result<HttpResponse> Send(const HttpRequest& request, std::string_view what, std::string_view key,
                            const IoContext& context) const {
    return SendChecked(client_, request, policy_, context, Concat(what, ' ', UriOf(key)),
                       [&](const HttpResponse& response) { return Check(response, what, key); });
  }

  Status Check(const HttpResponse& response, std::string_view what, std::string_view key) const {
    if (response.is_success()) return Status();
    AzureError error = ParseAzureError(response.body);
    if (const auto code = response.headers.Find("x-ms-error-code")) error.code = *code;
    return AzureStatus(response.status, error, Concat(what, ' ', UriOf(key)));
  }

  static RemoteObject ObjectOf(const std::string& key, const HttpResponse& response, int64_t size) {
    const int64_t seconds = ParseHttpDate(response.headers.Get("last-modified")).value_or(0);
    return {key, size, TimestampMs{seconds * 1000}, std::string(response.headers.Get("etag"))};
  }

  const AzureEndpoint endpoint_;
  const std::shared_ptr<AzureCredentials> credentials_;
  const HttpClient client_;
  const std::string container_uri_;
  const HttpHeaders encryption_;  ///< of customer-provided keys; else empty
  RequestPolicy policy_;
  mutable std::atomic<bool> lacks_start_from_ = false;
};

/// Headers for a key of the customer's own, which Azure forgets after each request.
Result<HttpHeaders> EncryptionHeaders(const std::string& key) {
  if (key.empty()) return HttpHeaders();
  constexpr size_t kKeyBytes = 32;
  const Result<std::string> bytes = Base64Decode(key);
  if (!bytes.ok() || bytes->size() != kKeyBytes) {
    return Status::InvalidArgument(
        "azure_storage_encryption_key is not the base64 of an AES-256 key of 32 bytes");
  }
  DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Sha256(*bytes));
  return HttpHeaders{{"x-ms-encryption-key", key},
                     {"x-ms-encryption-key-sha256", Base64Encode(digest)},
                     {"x-ms-encryption-algorithm", "AES256"}};
}

/// The part of a table's URI that leads to its container.
std::string ContainerUri(const AzureLocation& location) {
  std::string_view uri = location.root_uri;
  // The folder is encoded there: as many '/' belong to it as it has itself, and one before it.
  size_t slashes = location.folder.empty() ? 0 : 1;
  for (const char c : location.folder) slashes += c == '/' ? 1 : 0;
  for (; slashes > 0; --slashes) uri = uri.substr(0, uri.rfind('/'));
  return std::string(uri);
}

}  // namespace

Result<std::shared_ptr<ObjectStore>> OpenAzureStore(std::string_view uri,
                                                    const std::map<std::string, std::string>& given,
                                                    const Environment& environment,
                                                    const OptionsProvider& login) {
  DELTAIC_ASSIGN_OR_RETURN(AzureLocation location, ParseAzureUri(uri));
  DELTAIC_ASSIGN_OR_RETURN(const OptionSet options, ReadAzureOptions(given, environment));
  DELTAIC_ASSIGN_OR_RETURN(ClientOptions client_options, ReadClientOptions(options));
  DELTAIC_ASSIGN_OR_RETURN(AzureEndpoint endpoint, FindAzureEndpoint(location, options));
  DELTAIC_ASSIGN_OR_RETURN(const bool emulator,
                           options.GetBool("azure_storage_use_emulator", false));
  if (emulator) client_options.allow_http = true;
  const std::shared_ptr<HttpTransport> transport = SharedCurlTransport(client_options);
  std::shared_ptr<AzureCredentials> credentials;
  if (login) {
    credentials = MakeProvidedAzureCredentials(login, endpoint);
  } else {
    DELTAIC_ASSIGN_OR_RETURN(
        credentials, MakeAzureCredentials(options, endpoint, transport, client_options.retry));
  }
  DELTAIC_ASSIGN_OR_RETURN(HttpHeaders encryption,
                           EncryptionHeaders(options.Get("azure_storage_encryption_key")));
  auto backend = std::make_shared<AzureBackend>(std::move(endpoint), std::move(credentials),
                                                HttpClient(transport, client_options.retry),
                                                ContainerUri(location), std::move(encryption));
  return MakeRemoteStore(std::move(backend), std::move(location.folder));
}

}  // namespace deltaic
