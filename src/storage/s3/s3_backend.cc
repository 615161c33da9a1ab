#include "storage/s3/s3_backend.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "base/fork.h"
#include "base/made_once.h"
#include "base/percent_encoding.h"
#include "base/uuid.h"
#include "net/digest.h"
#include "net/http_time.h"
#include "net/xml.h"
#include "storage/object_path.h"
#include "storage/remote/content_range.h"
#include "storage/s3/dynamo_log.h"
#include "storage/s3/s3_documents.h"
#include "storage/s3/s3_error.h"

namespace deltaic {
namespace {

constexpr int64_t kMaxDocumentBytes = int64_t{16} << 20;
constexpr size_t kMaxDeletedAtOnce = 1'000;
/// Before the caller asks what has become of a put whose outcome is unknown.
constexpr std::chrono::milliseconds kPauseAfterUnknown{150};

using ClientPtr = std::shared_ptr<const S3Client>;

RemoteObject ObjectOf(const HttpResponse& response) {
  RemoteObject out;
  out.etag = response.headers.Get("etag");
  out.last_modified =
      TimestampMs{ParseHttpDate(response.headers.Get("last-modified")).value_or(0) * 1'000};
  return out;
}

void AddChecksum(const S3Config& config, HttpRequest& request) {
  if (config.checksum_sha256) {
    if (const Result<std::string> digest = Sha256(request.body); digest.ok())
      request.headers.Set("x-amz-checksum-sha256", Base64Encode(*digest));
  } else if (config.checksum_crc32c) {
    const uint32_t crc = Crc32c(request.body);
    const char bytes[] = {static_cast<char>(crc >> 24), static_cast<char>(crc >> 16),
                          static_cast<char>(crc >> 8), static_cast<char>(crc)};
    request.headers.Set("x-amz-checksum-crc32c", Base64Encode({bytes, sizeof(bytes)}));
  }
}

HttpRequest PutRequest(const S3Client& client, const std::string& key, std::string_view bytes) {
  HttpRequest request = client.Request("PUT", key);
  request.body = bytes;
  for (const auto& [name, value] : client.config().write_headers) request.headers.Set(name, value);
  request.headers.Set("Content-Type", client.config().client.default_content_type.empty()
                                          ? "application/octet-stream"
                                          : client.config().client.default_content_type);
  AddChecksum(client.config(), request);
  return request;
}

std::string RandomName() {
  std::random_device random;
  UuidBytes bytes;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return FormatRandomUuid(bytes);
}

class S3Upload : public RemoteUpload {
 public:
  S3Upload(ClientPtr client, std::string key, std::string id)
      : client_(std::move(client)), key_(std::move(key)), id_(std::move(id)) {}

  Status PutPart(int number, std::string_view bytes, const IoContext& context) override {
    HttpRequest request = client_->Request("PUT", key_);
    request.url.query = {{"partNumber", std::to_string(number + 1)}, {"uploadId", id_}};
    request.body = bytes;
    AddChecksum(client_->config(), request);
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response, client_->Send(request, "", context));
    if (!response.is_success()) return client_->Failure(response, "writing", key_);
    const std::lock_guard lock(mutex_);
    if (etags_.size() <= static_cast<size_t>(number))
      etags_.resize(static_cast<size_t>(number) + 1);
    etags_[static_cast<size_t>(number)] = response.headers.Get("etag");
    size_bytes_ += static_cast<int64_t>(bytes.size());
    return Status();
  }

  Status Complete(int /*count*/, const IoContext& context) override {
    HttpRequest request = client_->Request("POST", key_);
    request.url.query = {{"uploadId", id_}};
    const std::string body = FormatS3Complete(etags_);
    request.body = body;
    request.headers.Set("Content-Type", "application/xml");
    request.max_response_bytes = kMaxDocumentBytes;
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             client_->Send(request, "CompleteMultipartUploadResult", context));
    if (response.is_success() && !IsFailedDocument(response, "CompleteMultipartUploadResult"))
      return Status();
    const Status failure = client_->Failure(response, "writing", key_);
    // The answer to an earlier try was lost: then the upload is no more, and the object is there.
    if (failure.code() == StatusCode::kNotFound && IsThere(context)) return Status();
    return failure;
  }

  void Abort() override {
    HttpRequest request = client_->Request("DELETE", key_);
    request.url.query = {{"uploadId", id_}};
    // A part that stays behind is removed by the bucket's lifecycle, if by anybody.
    static_cast<void>(client_->Send(request, "", IoContext()));
  }

 private:
  bool IsThere(const IoContext& context) const {
    const Result<HttpResponse> response =
        client_->Send(client_->Request("HEAD", key_), "", context);
    return response.ok() && response->is_success() &&
           response->headers.Get("content-length") == std::to_string(size_bytes_);
  }

  const ClientPtr client_;
  const std::string key_;
  const std::string id_;
  std::mutex mutex_;
  std::vector<std::string> etags_;
  int64_t size_bytes_ = 0;
};

/// What is known of stores that are not AWS: whether they keep to If-None-Match. By endpoint and
/// bucket, for the process.
class ConditionProbes {
 public:
  static ConditionProbes& Shared() {
    return MadeOnce([] { return ConditionProbes(); });
  }

  /// Runs `probe` where the store is not known yet. Others wait meanwhile.
  Result<bool> Ask(const std::string& store, const std::function<Result<bool>()>& probe) {
    const std::lock_guard lock(mutex_);
    if (const auto known = keeps_.find(store); known != keeps_.end()) return known->second;
    DELTAIC_ASSIGN_OR_RETURN(const bool keeps, probe());
    keeps_[store] = keeps;
    return keeps;
  }

 private:
  ForkSafeMutex mutex_;
  std::map<std::string, bool> keeps_;
};

class S3Backend : public RemoteBackend {
 public:
  explicit S3Backend(ClientPtr client) : client_(std::move(client)) {}

  std::string UriOf(std::string_view key) const override { return client_->UriOf(key); }
  StoreTraits traits() const override {
    StoreTraits traits = kFarStore;
    traits.max_requests = client_->config().client.max_concurrency;
    return traits;
  }

  Result<RemoteObject> Head(const std::string& key, const IoContext& context) const override {
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             client_->Send(client_->Request("HEAD", key), "", context));
    if (!response.is_success()) return client_->Failure(response, "looking for", key);
    RemoteObject out = ObjectOf(response);
    out.key = key;
    DELTAIC_ASSIGN_OR_RETURN(out.size_bytes, ParseSize(response.headers.Get("content-length")));
    return out;
  }

  Result<RemoteBytes> Get(const std::string& key, int64_t max_bytes,
                          const IoContext& context) const override {
    HttpRequest request = client_->Request("GET", key);
    request.max_response_bytes = max_bytes;
    DELTAIC_ASSIGN_OR_RETURN(HttpResponse response, client_->Send(request, "", context));
    if (!response.is_success()) return client_->Failure(response, "reading", key);
    RemoteObject object = ObjectOf(response);
    object.size_bytes = static_cast<int64_t>(response.body.size());
    return RemoteBytes{std::move(response.body), std::move(object)};
  }

  Result<RemoteObject> GetRange(const std::string& key, int64_t offset, std::span<char> out,
                                const std::string& etag, const IoContext& context) const override {
    const auto size_bytes = static_cast<int64_t>(out.size());
    HttpRequest request = client_->Request("GET", key);
    request.headers.Set("Range", Concat("bytes=", offset, '-', offset + size_bytes - 1));
    if (!etag.empty()) request.headers.Set("If-Match", etag);
    // An answer with the whole object is an error, for which no more is read of it.
    request.max_response_bytes = size_bytes;
    request.place = out;
    DELTAIC_ASSIGN_OR_RETURN(HttpResponse response, client_->Send(request, "", context));
    if (response.status == 416) {
      return Status::Io("reading ", UriOf(key), ": it has no bytes ", offset, " to ",
                        offset + size_bytes - 1);
    }
    if (!response.is_success()) return client_->Failure(response, "reading", key);
    RemoteObject object = ObjectOf(response);
    DELTAIC_ASSIGN_OR_RETURN(object.size_bytes, TakeRangeAnswer(response, offset, out, UriOf(key)));
    return object;
  }

  Result<RemotePage> List(const RemoteListing& listing, const std::string& token,
                          const IoContext& context) const override {
    HttpRequest request = client_->Request("GET", "");
    request.url.query = {{"list-type", "2"}, {"encoding-type", "url"}};
    if (!listing.prefix.empty()) request.url.query.emplace_back("prefix", listing.prefix);
    if (!listing.recursive) request.url.query.emplace_back("delimiter", "/");
    if (const std::string after = KeyBefore(listing.start_key); after > listing.prefix)
      request.url.query.emplace_back("start-after", after);
    if (!token.empty()) request.url.query.emplace_back("continuation-token", token);
    request.max_response_bytes = kMaxDocumentBytes;
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             client_->Send(request, "ListBucketResult", context));
    if (!response.is_success() || IsFailedDocument(response, "ListBucketResult"))
      return client_->Failure(response, "listing", listing.prefix);
    Result<RemotePage> page = ParseS3Listing(response.body);
    if (!page.ok()) return page.status().WithContext("listing " + UriOf(listing.prefix));
    return page;
  }

  Status Put(const std::string& key, std::string_view bytes, const IoContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             client_->Send(PutRequest(*client_, key, bytes), "", context));
    return response.is_success() ? Status() : client_->Failure(response, "writing", key);
  }

  Result<PutOutcome> PutIfAbsent(const std::string& key, std::string_view bytes,
                                 const IoContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const bool keeps, KeepsConditions(key, context));
    if (keeps) return ConditionalPut(key, bytes, context);
    if (client_->config().allow_unsafe_put) return UnsafePut(key, bytes, context);
    return Status::Unsupported(
        "writing ", UriOf(key), ": the store at ", client_->config().endpoint.Origin(),
        " does not keep to If-None-Match, so that writers would overwrite each other's commits; "
        "let them agree by DynamoDB (the storage option aws_s3_locking_provider=dynamodb), or, "
        "where "
        "only one process writes, allow it by aws_s3_allow_unsafe_rename=true");
  }

  Status Delete(const std::string& key, const IoContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             client_->Send(client_->Request("DELETE", key), "", context));
    if (response.is_success()) return Status();
    if (response.status == 404 && ParseS3Error(response).code != "NoSuchBucket") return Status();
    return client_->Failure(response, "deleting", key);
  }

  Status DeleteMany(const std::vector<std::string>& keys, const IoContext& context) override {
    if (!client_->config().bulk_delete || keys.size() == 1)
      return RemoteBackend::DeleteMany(keys, context);
    for (size_t begin = 0; begin < keys.size(); begin += kMaxDeletedAtOnce) {
      const size_t end = std::min(keys.size(), begin + kMaxDeletedAtOnce);
      DELTAIC_RETURN_IF_ERROR(DeleteSome({keys.begin() + static_cast<ptrdiff_t>(begin),
                                          keys.begin() + static_cast<ptrdiff_t>(end)},
                                         context));
    }
    return Status();
  }

  /// The shortest that S3 takes: several are in memory at a time.
  int64_t part_bytes() const override { return 5 << 20; }

  Result<std::unique_ptr<RemoteUpload>> StartUpload(const std::string& key,
                                                    const IoContext& context) override {
    HttpRequest request = client_->Request("POST", key);
    request.url.query = {{"uploads", ""}};
    for (const auto& [name, value] : client_->config().write_headers)
      request.headers.Set(name, value);
    if (client_->config().checksum_sha256)
      request.headers.Set("x-amz-checksum-algorithm", "SHA256");
    if (client_->config().checksum_crc32c)
      request.headers.Set("x-amz-checksum-algorithm", "CRC32C");
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             client_->Send(request, "InitiateMultipartUploadResult", context));
    if (!response.is_success() || IsFailedDocument(response, "InitiateMultipartUploadResult"))
      return client_->Failure(response, "writing", key);
    DELTAIC_ASSIGN_OR_RETURN(const XmlElement root, ParseXml(response.body));
    return std::make_unique<S3Upload>(client_, key, std::string(root.TextOf("UploadId")));
  }

  std::shared_ptr<LogStore> MakeLog(std::shared_ptr<ObjectStore> store) const override {
    const std::optional<DynamoConfig>& dynamo = client_->config().dynamo;
    if (!dynamo) return nullptr;
    const std::string& uri = store->root_uri();
    return MakeDynamoLog(std::move(store), std::make_shared<const DynamoTable>(*dynamo, uri));
  }

 private:
  HttpRequest ConditionalRequest(const std::string& key, std::string_view bytes) const {
    HttpRequest request = PutRequest(*client_, key, bytes);
    request.headers.Set("If-None-Match", "*");
    request.may_resend = false;
    return request;
  }

  Result<PutOutcome> ConditionalPut(const std::string& key, std::string_view bytes,
                                    const IoContext& context) {
    const Result<HttpResponse> response =
        client_->Send(ConditionalRequest(key, bytes), "", context);
    if (!response.ok()) {
      // Asked at once, the store might not have seen yet what is on its way.
      if (response.status().code() == StatusCode::kCommitUnknown)
        static_cast<void>(context.Wait(kPauseAfterUnknown));
      return response.status();
    }
    if (response->is_success()) return PutOutcome::kCreated;
    if (response->status == 412) return PutOutcome::kAlreadyExists;
    const Status failure = client_->Failure(*response, "writing", key);
    if (failure.code() != StatusCode::kUnavailable) return failure;  // it says a clear no
    if (response->status == 409) return failure;                     // nor has it done anything
    const auto wait =
        std::max(RetryAfter(*response).value_or(kPauseAfterUnknown), kPauseAfterUnknown);
    static_cast<void>(context.Wait(wait));
    return Status::CommitUnknown(failure.message());
  }

  /// For one writer alone.
  Result<PutOutcome> UnsafePut(const std::string& key, std::string_view bytes,
                               const IoContext& context) {
    const Result<RemoteObject> there = Head(key, context);
    if (there.ok()) return PutOutcome::kAlreadyExists;
    if (there.status().code() != StatusCode::kNotFound) return there.status();
    DELTAIC_RETURN_IF_ERROR(Put(key, bytes, context));
    return PutOutcome::kCreated;
  }

  Result<bool> KeepsConditions(const std::string& key, const IoContext& context) {
    const S3Config& config = client_->config();
    if (!config.conditional_put) return false;
    if (config.is_aws) return true;
    return ConditionProbes::Shared().Ask(Concat(config.endpoint.ToString(), '\n', config.bucket),
                                         [&] { return Probe(key, context); });
  }

  /// Two puts of one new object with If-None-Match, of which the second must fail.
  Result<bool> Probe(const std::string& key, const IoContext& context) {
    // Beside the key, since the credentials may be for this table alone. Nobody lists it: a name
    // that begins with '.' is before all that anybody asks for.
    const size_t slash = key.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : key.substr(0, slash + 1);
    const std::string probe = Concat(folder, ".tmp/deltaic-probe-", RandomName());
    std::optional<bool> keeps;
    Status failure;
    for (int attempt = 0; attempt < 2 && failure.ok(); ++attempt) {
      // May be sent again: that the first was done already is what the second asks.
      HttpRequest request = ConditionalRequest(probe, "probe");
      request.may_resend = true;
      const Result<HttpResponse> response = client_->Send(request, "", context);
      if (!response.ok()) {
        failure = response.status();
      } else if (response->status == 412) {
        keeps = true;
        break;
      } else if (response->status == 501 || response->status == 400) {
        keeps = false;  // it knows no such condition
        break;
      } else if (!response->is_success()) {
        failure = client_->Failure(*response, "writing", probe);
      } else if (attempt == 1) {
        keeps = false;
      }
    }
    static_cast<void>(Delete(probe, IoContext()));
    if (keeps) return *keeps;
    return failure;
  }

  Status DeleteSome(const std::vector<std::string>& keys, const IoContext& context) {
    HttpRequest request = client_->Request("POST", "");
    request.url.query = {{"delete", ""}};
    const std::string body = FormatS3Delete(keys);
    request.body = body;
    request.headers.Set("Content-Type", "application/xml");
    DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Md5(body));
    request.headers.Set("Content-MD5", Base64Encode(digest));
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             client_->Send(request, "DeleteResult", context));
    if (response.status == 501) return RemoteBackend::DeleteMany(keys, context);
    if (!response.is_success() || IsFailedDocument(response, "DeleteResult"))
      return client_->Failure(response, "deleting", keys.front());
    DELTAIC_ASSIGN_OR_RETURN(const XmlElement root, ParseXml(response.body));
    for (const XmlElement& error : root.children) {
      if (error.name != "Error" || error.TextOf("Code") == "NoSuchKey") continue;
      return Status(
          error.TextOf("Code") == "AccessDenied" ? StatusCode::kPermissionDenied : StatusCode::kIo,
          Concat("deleting ", UriOf(error.TextOf("Key")), ": the store says ",
                 error.TextOf("Code")));
    }
    return Status();
  }

  const ClientPtr client_;
};

}  // namespace

std::shared_ptr<RemoteBackend> MakeS3Backend(ClientPtr client) {
  return std::make_shared<S3Backend>(std::move(client));
}

Result<std::shared_ptr<ObjectStore>> OpenS3Store(std::string_view scheme, std::string_view rest,
                                                 const std::map<std::string, std::string>& options,
                                                 const Environment& environment,
                                                 const OptionsProvider& login) {
  if (rest.starts_with("//")) rest.remove_prefix(2);
  if (rest.find('@') < rest.find('/')) {
    return Status::InvalidArgument(
        "the URI has a user or password in it; give credentials as storage options");
  }
  const std::string_view bucket = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(bucket.size() + 1, rest.size()));
  while (rest.ends_with('/')) rest.remove_suffix(1);
  while (rest.starts_with('/')) rest.remove_prefix(1);
  DELTAIC_ASSIGN_OR_RETURN(S3Config config, ReadS3Config(bucket, options, environment));
  if (login) {
    const auto provided = ProvidedAwsCredentials(login);
    const bool is_for_both = config.dynamo && config.dynamo->credentials == config.credentials;
    if (is_for_both) config.dynamo->credentials = provided;
    config.credentials = provided;
  }
  const std::string folder = PercentDecode(rest);
  DELTAIC_RETURN_IF_ERROR(CheckFolderPath(folder));
  config.scheme = scheme;
  return MakeRemoteStore(MakeS3Backend(std::make_shared<const S3Client>(std::move(config))),
                         folder);
}

}  // namespace deltaic
