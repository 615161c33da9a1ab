#include "storage/web/web_store.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "base/percent_encoding.h"
#include "net/curl_transport.h"
#include "net/http_client.h"
#include "net/http_time.h"
#include "storage/parallel_for.h"
#include "storage/remote/checked_send.h"
#include "storage/remote/content_range.h"
#include "storage/remote/read_limit.h"
#include "storage/remote/remote_backend.h"
#include "storage/web/folder_page.h"

namespace deltaic {
namespace {

constexpr size_t kVersionDigits = 20;

/// Where counting begins: "…/00000000000000000010." of a start key; nothing where it is no version.
std::optional<int64_t> VersionOf(std::string_view start_name) {
  if (start_name.size() < kVersionDigits) return std::nullopt;
  const Result<int64_t> version = ParseSize(start_name.substr(0, kVersionDigits));
  return version.ok() ? std::optional(*version) : std::nullopt;
}

std::string CommitName(int64_t version) {
  std::string digits = std::to_string(version);
  digits.insert(0, kVersionDigits - std::min(digits.size(), kVersionDigits), '0');
  return digits + ".json";
}

/// The version that `_last_checkpoint` names; nothing where it is damaged.
std::optional<int64_t> VersionOfHint(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  int64_t version = -1;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      root["version"].get(version) != simdjson::SUCCESS || version < 0) {
    return std::nullopt;
  }
  return version;
}

class WebBackend : public RemoteBackend {
 public:
  WebBackend(Url base, std::string bearer, HttpClient client)
      : base_(std::move(base)), client_(std::move(client)) {
    if (bearer.empty()) return;
    policy_.authorize = [bearer = std::move(bearer)](HttpRequest& attempt, const IoContext&) {
      attempt.headers.Set("Authorization", Concat("Bearer ", bearer));
      return Status();
    };
  }

  /// Without a page for a folder each name is a request.
  bool lists_by_page() const override { return false; }

  std::string UriOf(std::string_view key) const override {
    const std::string root = base_.Redacted();
    return key.empty() ? root : Concat(root, '/', PercentEncodePath(key));
  }

  Result<RemoteObject> Head(const std::string& key, const IoContext& context) const override {
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             Send(RequestFor("HEAD", key), "reading", key, context));
    const Result<int64_t> size = ParseSize(response.headers.Get("content-length"));
    if (!size.ok()) {
      return Status::Io("reading ", UriOf(key), ": the server does not say how long it is");
    }
    return ObjectOf(key, response, *size);
  }

  Result<RemoteBytes> Get(const std::string& key, int64_t max_bytes,
                          const IoContext& context) const override {
    return GetWithin(*this, key, max_bytes, context, [&](int64_t limit) -> Result<RemoteBytes> {
      HttpRequest request = RequestFor("GET", key);
      request.max_response_bytes = limit;
      DELTAIC_ASSIGN_OR_RETURN(HttpResponse response, Send(request, "reading", key, context));
      RemoteObject object = ObjectOf(key, response, static_cast<int64_t>(response.body.size()));
      return RemoteBytes{std::move(response.body), std::move(object)};
    });
  }

  Result<RemoteObject> GetRange(const std::string& key, int64_t offset, std::span<char> out,
                                const std::string& etag, const IoContext& context) const override {
    const auto size_bytes = static_cast<int64_t>(out.size());
    HttpRequest request = RequestFor("GET", key);
    request.headers.Add("Range", Concat("bytes=", offset, '-', offset + size_bytes - 1));
    if (!etag.empty()) request.headers.Add("If-Match", etag);
    request.place = out;
    request.max_response_bytes = std::max(size_bytes, kErrorBodyBytes);
    Result<HttpResponse> response = client_.Send(request, policy_, context);
    if (!response.ok()) return response.status().WithContext(Concat("reading ", UriOf(key)));
    if (response->status == 412) {
      return Status::Conflict("reading ", UriOf(key),
                              ": it was replaced while it was read; read the table again");
    }
    DELTAIC_RETURN_IF_ERROR(Check(*response, "reading", key));
    DELTAIC_ASSIGN_OR_RETURN(const int64_t total,
                             TakeRangeAnswer(*response, offset, out, UriOf(key)));
    return ObjectOf(key, *response, total);
  }

  Result<RemotePage> List(const RemoteListing& listing, const std::string& /*token*/,
                          const IoContext& context) const override {
    if (listing.recursive) {
      return Status::Unsupported(
          "listing ", UriOf(listing.prefix),
          ": web servers do not list folders within folders; copy the table");
    }
    HttpRequest request = RequestFor("GET", listing.prefix);
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse page, client_.Send(request, policy_, context));
    const size_t begin = listing.prefix.size();
    const std::string_view start_name =
        std::string_view(listing.start_key).substr(std::min(begin, listing.start_key.size()));
    std::vector<std::string> names;
    if (page.status == 200) names = NamesOfFolderPage(page.body);
    std::erase_if(names, [&](const std::string& name) { return name < start_name; });
    if (!names.empty()) return ObjectsOf(listing.prefix, names, context);
    if (page.status != 404 && page.status != 403 && page.status != 405 && !page.is_success()) {
      DELTAIC_RETURN_IF_ERROR(Check(page, "listing", listing.prefix));
    }
    const std::optional<int64_t> first = start_name.empty() ? 0 : VersionOf(start_name);
    return first ? CountLog(listing.prefix, *first, context) : RemotePage{};
  }

  Status Put(const std::string& key, std::string_view, const IoContext&) override {
    return ReadOnly(key);
  }
  Result<PutOutcome> PutIfAbsent(const std::string& key, std::string_view,
                                 const IoContext&) override {
    return ReadOnly(key);
  }
  Status Delete(const std::string& key, const IoContext&) override { return ReadOnly(key); }
  Result<std::unique_ptr<RemoteUpload>> StartUpload(const std::string& key,
                                                    const IoContext&) override {
    return ReadOnly(key);
  }

 private:
  Status ReadOnly(std::string_view key) const {
    return Status::Unsupported(UriOf(key),
                               " is on a web server, which can only be read; write to the table's "
                               "own storage (s3://, abfss://, gs://, a local path)");
  }

  HttpRequest RequestFor(std::string_view method, std::string_view key) const {
    HttpRequest request;
    request.method = method;
    request.url = base_;
    request.url.path += Concat('/', UriEncode(key, /*keep_slash=*/true));
    // Else some servers compress, and a range would be one of other bytes.
    request.headers.Add("Accept-Encoding", "identity");
    return request;
  }

  /// Sizes and times, which pages tell in too many ways, by a request for each.
  Result<RemotePage> ObjectsOf(const std::string& prefix, const std::vector<std::string>& names,
                               const IoContext& context) const {
    std::vector<std::optional<RemoteObject>> found(names.size());
    DELTAIC_RETURN_IF_ERROR(ParallelFor(
        static_cast<int64_t>(names.size()), traits().max_requests, [&](int64_t at) -> Status {
          const auto i = static_cast<size_t>(at);
          Result<RemoteObject> object = Head(prefix + names[i], context);
          if (object.status().code() == StatusCode::kNotFound) return Status();
          DELTAIC_RETURN_IF_ERROR(object);
          found[i] = *std::move(object);
          return Status();
        }));
    RemotePage page;
    for (std::optional<RemoteObject>& object : found) {
      if (object) page.objects.push_back(*std::move(object));
    }
    return page;
  }

  /// Commits from a version on, up to the first that is not there. The first itself may be gone
  /// where a checkpoint stands for it.
  Result<RemotePage> CountUp(const std::string& prefix, int64_t first,
                             const IoContext& context) const {
    constexpr int64_t kAtOnce = 8;
    RemotePage out;
    for (int64_t version = first;; version += kAtOnce) {
      std::vector<std::string> names;
      for (int64_t i = 0; i < kAtOnce; ++i) names.push_back(CommitName(version + i));
      DELTAIC_ASSIGN_OR_RETURN(const RemotePage page, ObjectsOf(prefix, names, context));
      out.objects.insert(out.objects.end(), page.objects.begin(), page.objects.end());
      const auto there = static_cast<int64_t>(page.objects.size());
      const bool only_first_is_gone =
          version == first && there == kAtOnce - 1 && page.objects.front().key != prefix + names[0];
      if (there < kAtOnce && !only_first_is_gone) return out;
    }
  }

  /// Commits from a version on, and those that follow the checkpoint of `_last_checkpoint`: older
  /// ones may have been cleaned up, so that the first that is not there is not the end.
  Result<RemotePage> CountLog(const std::string& prefix, int64_t first,
                              const IoContext& context) const {
    DELTAIC_ASSIGN_OR_RETURN(RemotePage out, CountUp(prefix, first, context));
    constexpr int64_t kMaxHintBytes = 1 << 20;
    const Result<RemoteBytes> hint = Get(prefix + "_last_checkpoint", kMaxHintBytes, context);
    if (hint.status().code() == StatusCode::kNotFound) return out;
    DELTAIC_RETURN_IF_ERROR(hint);
    const std::optional<int64_t> version = VersionOfHint(hint->bytes);
    const bool is_known = version && std::ranges::any_of(out.objects, [&](const RemoteObject& o) {
                            return o.key == prefix + CommitName(*version);
                          });
    if (!version || *version < first) return out;
    const std::string stem = CommitName(*version).substr(0, kVersionDigits);
    DELTAIC_ASSIGN_OR_RETURN(RemotePage more,
                             ObjectsOf(prefix, {stem + ".checkpoint.parquet"}, context));
    if (!is_known) {
      DELTAIC_ASSIGN_OR_RETURN(const RemotePage commits, CountUp(prefix, *version, context));
      more.objects.insert(more.objects.end(), commits.objects.begin(), commits.objects.end());
    }
    out.objects.insert(out.objects.end(), more.objects.begin(), more.objects.end());
    return out;
  }

  Result<HttpResponse> Send(const HttpRequest& request, std::string_view what, std::string_view key,
                            const IoContext& context) const {
    return SendChecked(client_, request, policy_, context, Concat(what, ' ', UriOf(key)),
                       [&](const HttpResponse& response) { return Check(response, what, key); });
  }

  Status Check(const HttpResponse& response, std::string_view what, std::string_view key) const {
    if (response.is_success()) return Status();
    const std::string said =
        Concat(what, ' ', UriOf(key), ": the server answers HTTP ", response.status);
    if (response.status == 404 || response.status == 410) return Status::NotFound(said);
    if (response.status == 401 || response.status == 403) {
      return Status::PermissionDenied(said,
                                      "; it wants to know who asks: give the option bearer_token, "
                                      "or a URL with its signature");
    }
    if (response.status >= 300 && response.status < 400) {
      return Status::Io(said, ", a redirect, which is not followed; use the address it leads to");
    }
    if (JudgeByStatus(response) != RetryVerdict::kFinal) {
      return Status::Unavailable(said, "; try again");
    }
    return Status::Io(said);
  }

  static RemoteObject ObjectOf(const std::string& key, const HttpResponse& response, int64_t size) {
    const int64_t seconds = ParseHttpDate(response.headers.Get("last-modified")).value_or(0);
    std::string etag(response.headers.Get("etag"));
    if (!etag.starts_with('"')) etag.clear();  // a weak one says nothing of bytes
    return {key, size, TimestampMs{seconds * 1000}, std::move(etag)};
  }

  const Url base_;  ///< of the table; no '/' at the end of its path
  const HttpClient client_;
  RequestPolicy policy_;
};

}  // namespace

Result<std::shared_ptr<ObjectStore>> OpenWebStore(std::string_view uri,
                                                  const std::map<std::string, std::string>& given,
                                                  const Environment& environment) {
  Result<Url> base = ParseUrl(uri);
  if (!base.ok()) return base.status().WithContext("the URL of the table");
  while (base->path.ends_with('/')) base->path.pop_back();
  std::vector<OptionKey> keys = {{"bearer_token", {"token"}}};
  for (const OptionKey& key : ClientOptionKeys()) keys.push_back(key);
  DELTAIC_ASSIGN_OR_RETURN(const OptionSet options,
                           OptionSet::Make(std::move(keys), "http_", given, environment));
  DELTAIC_ASSIGN_OR_RETURN(ClientOptions client_options, ReadClientOptions(options));
  const std::string bearer = options.Get("bearer_token");
  // Whoever writes http:// into a table's URL wants it, as long as no secret goes that way.
  if (given.count("allow_http") == 0 && bearer.empty() && base->query.empty()) {
    client_options.allow_http = true;
  }
  auto backend = std::make_shared<WebBackend>(
      *std::move(base), bearer,
      HttpClient(SharedCurlTransport(client_options), client_options.retry));
  return MakeRemoteStore(std::move(backend), "");
}

}  // namespace deltaic
