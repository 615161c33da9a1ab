#include "storage/hdfs/webhdfs_store.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <unordered_map>

#include "base/ascii.h"
#include "base/fork.h"
#include "base/percent_encoding.h"
#include "net/curl_transport.h"
#include "net/digest.h"
#include "net/http_client.h"
#include "storage/hdfs/webhdfs_answer.h"
#include "storage/object_path.h"
#include "storage/remote/read_limit.h"
#include "storage/remote/remote_backend.h"

namespace deltaic {
namespace {

/// Folder of files that are not whole yet, inside the folder they are for. Sorts before digits, and
/// readers of a log and of data pass over names with a '.'.
constexpr std::string_view kPartsFolder = ".tmp";

std::string RandomName() {
  std::random_device random;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += static_cast<char>(random() & 0xff);
  return HexEncode(bytes);
}

/// Sizes of files that were listed or read: WebHDFS does not tell them with a file's bytes. Table
/// files never change. Safe from any thread.
class KnownSizes {
 public:
  std::optional<int64_t> Find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(key);
    return found == sizes_.end() ? std::nullopt : std::optional(found->second);
  }
  void Set(const std::string& key, int64_t size_bytes) {
    constexpr size_t kMost = 20'000;
    const std::lock_guard lock(mutex_);
    if (sizes_.size() >= kMost) sizes_.clear();
    sizes_[key] = size_bytes;
  }
  void Forget(const std::string& key) {
    const std::lock_guard lock(mutex_);
    sizes_.erase(key);
  }

 private:
  mutable ForkSafeMutex mutex_;
  std::unordered_map<std::string, int64_t> sizes_;
};

class WebHdfsBackend : public RemoteBackend, public std::enable_shared_from_this<WebHdfsBackend> {
 public:
  WebHdfsBackend(Url base, std::string uri, std::vector<std::pair<std::string, std::string>> login,
                 HttpClient client)
      : base_(std::move(base)),
        uri_(std::move(uri)),
        login_(std::move(login)),
        client_(std::move(client)) {}

  std::string UriOf(std::string_view key) const override {
    return key.empty() ? uri_ : Concat(uri_, '/', PercentEncodePath(key));
  }

  Result<RemoteObject> Head(const std::string& key, const IoContext& context) const override {
    DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response,
                             Send(Request("GET", "GETFILESTATUS", key), "reading", key, context));
    const Result<HdfsStatus> status = ParseHdfsStatus(response.body);
    if (!status.ok()) return status.status().WithContext(Concat("reading ", UriOf(key)));
    if (status->is_folder) {
      return Status::NotFound("reading ", UriOf(key), ": it is a folder");
    }
    sizes_.Set(key, status->size_bytes);
    return RemoteObject{key, status->size_bytes, status->modified, ""};
  }

  Result<RemoteBytes> Get(const std::string& key, int64_t max_bytes,
                          const IoContext& context) const override {
    return GetWithin(*this, key, max_bytes, context, [&](int64_t limit) -> Result<RemoteBytes> {
      DELTAIC_ASSIGN_OR_RETURN(
          HttpResponse response,
          SendToDataNode(Request("GET", "OPEN", key), "", limit, "reading", key, context));
      const auto size = static_cast<int64_t>(response.body.size());
      return RemoteBytes{std::move(response.body), {key, size, {}, ""}};
    });
  }

  Result<RemoteObject> GetRange(const std::string& key, int64_t offset, std::span<char> out,
                                const std::string& /*etag*/,
                                const IoContext& context) const override {
    const auto size_bytes = static_cast<int64_t>(out.size());
    std::optional<int64_t> total = sizes_.Find(key);
    if (!total) {
      DELTAIC_ASSIGN_OR_RETURN(const RemoteObject object, Head(key, context));
      total = object.size_bytes;
    }
    HttpRequest request = Request("GET", "OPEN", key);
    request.url.query.emplace_back("offset", std::to_string(offset));
    request.url.query.emplace_back("length", std::to_string(size_bytes));
    request.place = out;
    DELTAIC_ASSIGN_OR_RETURN(
        HttpResponse response,
        SendToDataNode(std::move(request), "", std::max(size_bytes, kErrorBodyBytes), "reading",
                       key, context));
    if (response.num_bytes() != out.size()) {
      sizes_.Forget(key);
      return Status::Io("reading ", UriOf(key), ": asked for ", size_bytes, " bytes at ", offset,
                        ", HDFS answered with ", response.num_bytes(),
                        "; the file was replaced, or HDFS (or a proxy before it) is broken");
    }
    if (!response.body.empty()) std::memcpy(out.data(), response.body.data(), out.size());
    return RemoteObject{key, *total, {}, ""};
  }

  /// Tokens hold folders that are still to be listed, each with the name to go on after.
  Result<RemotePage> List(const RemoteListing& listing, const std::string& token,
                          const IoContext& context) const override {
    std::string rest = token;
    std::string folder = listing.prefix;  // "" or with a '/' at its end
    std::string after;
    if (!rest.empty()) {
      folder = TakeLine(rest);
      after = TakeLine(rest);
    } else if (!listing.recursive && listing.start_key.size() > listing.prefix.size()) {
      after = NameBefore(std::string_view(listing.start_key).substr(listing.prefix.size()));
    }
    HttpRequest request = Request("GET", "LISTSTATUS_BATCH", folder);
    if (!after.empty()) request.url.query.emplace_back("startAfter", after);
    Result<HttpResponse> response = Send(request, "listing", folder, context);
    if (response.status().code() == StatusCode::kNotFound) return RemotePage{{}, rest};
    DELTAIC_RETURN_IF_ERROR(response);
    const Result<HdfsListing> entries = ParseHdfsListing(response->body);
    if (!entries.ok()) return entries.status().WithContext(Concat("listing ", UriOf(folder)));
    return PageOf(*entries, listing, folder, std::move(rest));
  }

  Status Put(const std::string& key, std::string_view bytes, const IoContext& context) override {
    const std::string part = PartOf(key);
    DELTAIC_RETURN_IF_ERROR(Create(part, bytes, context));
    const Status renamed = Replace(part, key, context);
    if (!renamed.ok()) static_cast<void>(Delete(part, {}));
    return renamed;
  }

  Result<PutOutcome> PutIfAbsent(const std::string& key, std::string_view bytes,
                                 const IoContext& context) override {
    const std::string part = PartOf(key);
    DELTAIC_RETURN_IF_ERROR(Create(part, bytes, context));
    HttpRequest request = Request("PUT", "RENAME", part);
    request.url.query.emplace_back("destination", PathOf(key));
    request.may_resend = false;
    const Result<HttpResponse> response = client_.Send(request, {}, context);
    Result<PutOutcome> outcome = OutcomeOf(response, key, context);
    // After a lost answer it may be on its way still; a part that is left is in nobody's way.
    const bool is_unknown = outcome.status().code() == StatusCode::kCommitUnknown;
    const bool is_created = outcome.ok() && *outcome == PutOutcome::kCreated;
    if (!is_unknown && !is_created) static_cast<void>(Delete(part, {}));
    return outcome;
  }

  Status Delete(const std::string& key, const IoContext& context) override {
    sizes_.Forget(key);
    const Result<HttpResponse> response =
        Send(Request("DELETE", "DELETE", key), "deleting", key, context);
    if (response.status().code() == StatusCode::kNotFound) return Status();
    return AsStatus(response);
  }

  Result<std::unique_ptr<RemoteUpload>> StartUpload(const std::string& key,
                                                    const IoContext& context) override;

  /// A file that no one has the name of yet.
  static std::string PartOf(const std::string& key) {
    const size_t slash = key.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : key.substr(0, slash + 1);
    return Concat(folder, kPartsFolder, '/', RandomName());
  }

  Status Create(const std::string& key, std::string_view bytes, const IoContext& context) const {
    HttpRequest request = Request("PUT", "CREATE", key);
    request.url.query.emplace_back("overwrite", "true");
    return AsStatus(
        SendToDataNode(std::move(request), bytes, kErrorBodyBytes, "writing", key, context));
  }

  Status Append(const std::string& key, std::string_view bytes, const IoContext& context) const {
    HttpRequest request = Request("POST", "APPEND", key);
    request.may_resend = false;  // it would be appended twice
    const Status status = AsStatus(
        SendToDataNode(std::move(request), bytes, kErrorBodyBytes, "writing", key, context));
    return status.code() == StatusCode::kCommitUnknown ? Status::Unavailable(status.message())
                                                       : status;
  }

  /// Gives `part` the name `key`, whatever has it now.
  Status Replace(const std::string& part, const std::string& key, const IoContext& context) const {
    sizes_.Forget(key);
    HttpRequest request = Request("PUT", "RENAME", part);
    request.url.query.emplace_back("destination", PathOf(key));
    request.url.query.emplace_back("renameoptions", "OVERWRITE");
    const Result<HttpResponse> response = Send(request, "writing", key, context);
    // A second try finds what the first one did before its answer was lost.
    if (response.status().code() == StatusCode::kNotFound && Head(key, context).ok()) {
      return Status();
    }
    return AsStatus(response);
  }

 private:
  std::string PathOf(std::string_view key) const {
    std::string_view path = key;
    while (path.ends_with('/')) path.remove_suffix(1);
    return Concat('/', path);
  }

  HttpRequest Request(std::string_view method, std::string_view operation,
                      std::string_view key) const {
    HttpRequest request;
    request.method = method;
    request.url = base_;
    request.url.path = Concat("/webhdfs/v1", UriEncode(PathOf(key), /*keep_slash=*/true));
    request.url.query = {{"op", std::string(operation)}};
    request.url.query.insert(request.url.query.end(), login_.begin(), login_.end());
    return request;
  }

  Result<HttpResponse> Send(const HttpRequest& request, std::string_view what, std::string_view key,
                            const IoContext& context) const {
    Result<HttpResponse> response = client_.Send(request, {}, context);
    if (!response.ok()) return response.status().WithContext(Concat(what, ' ', UriOf(key)));
    if (response->is_success()) return response;
    return WebHdfsError(response->status, response->body, Concat(what, ' ', UriOf(key)));
  }

  /// The name node answers with the address of a data node, which this asks then, with the body.
  Result<HttpResponse> SendToDataNode(HttpRequest request, std::string_view body, int64_t limit,
                                      std::string_view what, std::string_view key,
                                      const IoContext& context) const {
    const bool may_resend = request.may_resend;
    request.may_resend = true;  // the name node only says where
    const Result<HttpResponse> answer = client_.Send(request, {}, context);
    const std::string where = Concat(what, ' ', UriOf(key));
    if (!answer.ok()) return answer.status().WithContext(where);
    if (answer->status != 307) {
      // An empty file may come at once, from a gateway such as HttpFS.
      if (answer->status == 200 && request.method == "GET") return answer;
      return WebHdfsError(answer->status, answer->body, where);
    }
    Result<Url> url = ParseUrl(answer->headers.Get("location"));
    if (!url.ok() || (base_.scheme == "https" && url->scheme != "https")) {
      return Status::Io(where, ": the name node gives no address of a data node that can be used");
    }
    request.url = *std::move(url);
    request.body = body;
    request.may_resend = may_resend;
    request.max_response_bytes = limit;
    if (request.method != "GET") request.headers.Add("Content-Type", "application/octet-stream");
    Result<HttpResponse> response = client_.Send(request, {}, context);
    if (!response.ok()) return response.status().WithContext(where);
    if (response->is_success()) return response;
    return WebHdfsError(response->status, response->body, where);
  }

  Result<PutOutcome> OutcomeOf(const Result<HttpResponse>& response, const std::string& key,
                               const IoContext& context) const {
    const std::string what = Concat("creating ", UriOf(key));
    if (!response.ok()) return response.status().WithContext(what);
    if (!response->is_success()) {
      const Status status = WebHdfsError(response->status, response->body, what);
      if (HdfsException(response->body).empty() || status.code() == StatusCode::kUnavailable) {
        // Said by something between, or in the middle of a change of name nodes.
        return Status::CommitUnknown(status.message());
      }
      return status;
    }
    const Result<bool> renamed = ParseHdfsBoolean(response->body);
    if (!renamed.ok()) return Status::CommitUnknown(what, ": ", renamed.status().message());
    if (*renamed) return PutOutcome::kCreated;
    const Result<RemoteObject> there = Head(key, context);
    if (there.ok()) return PutOutcome::kAlreadyExists;
    return there.status().WithContext(Concat(what, ": HDFS did not rename to it"));
  }

  static std::string TakeLine(std::string& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line = text.substr(0, end);
    text.erase(0, end + 1);
    return line;
  }

  /// A name that sorts before `name` and after all names that are less, nearly: startAfter leaves
  /// out the name itself.
  static std::string NameBefore(std::string_view name) {
    std::string out(name);
    if (out.empty()) return out;
    const char last = out.back();
    out.pop_back();
    if (last <= '!' || static_cast<unsigned char>(last) >= 0x80) return out;
    out += static_cast<char>(last - 1);
    return out + '~';
  }

  RemotePage PageOf(const HdfsListing& listing, const RemoteListing& wanted,
                    const std::string& folder, std::string rest) const {
    RemotePage page;
    for (const HdfsStatus& entry : listing.entries) {
      if (entry.name.empty() || entry.name.find('\n') != std::string::npos) continue;
      const std::string key = folder + entry.name;
      if (!entry.is_folder) {
        sizes_.Set(key, entry.size_bytes);
        page.objects.push_back({key, entry.size_bytes, entry.modified, ""});
      } else if (wanted.recursive && entry.name != kPartsFolder) {
        rest += Concat(key, "/\n\n");
      }
    }
    if (listing.remaining > 0 && !listing.entries.empty()) {
      rest.insert(0, Concat(folder, '\n', listing.entries.back().name, '\n'));
    }
    page.next_token = std::move(rest);
    return page;
  }

  const Url base_;
  const std::string uri_;
  const std::vector<std::pair<std::string, std::string>> login_;  ///< parameters of each request
  const HttpClient client_;
  mutable KnownSizes sizes_;
};

/// A file that grows by its parts, in their order, under a name of its own until it is whole.
class HdfsUpload : public RemoteUpload {
 public:
  HdfsUpload(std::shared_ptr<WebHdfsBackend> backend, std::string key)
      : backend_(std::move(backend)), key_(std::move(key)), part_(WebHdfsBackend::PartOf(key_)) {}

  Status PutPart(int number, std::string_view bytes, const IoContext& context) override {
    std::unique_lock lock(mutex_);
    while (turn_ != number && failed_.ok()) {
      DELTAIC_RETURN_IF_ERROR(context.Check());
      turned_.wait_for(lock, std::chrono::milliseconds(50));
    }
    DELTAIC_RETURN_IF_ERROR(failed_);
    lock.unlock();
    const Status status = number == 0 ? backend_->Create(part_, bytes, context)
                                      : backend_->Append(part_, bytes, context);
    lock.lock();
    if (!status.ok()) failed_ = status;
    ++turn_;
    turned_.notify_all();
    return status;
  }

  Status Complete(int count, const IoContext& context) override {
    if (!failed_.ok()) return failed_;
    if (turn_ != count) return Status::Internal("parts of an upload are missing");
    return backend_->Replace(part_, key_, context);
  }

  void Abort() override { static_cast<void>(backend_->Delete(part_, {})); }

 private:
  const std::shared_ptr<WebHdfsBackend> backend_;
  const std::string key_;
  const std::string part_;
  std::mutex mutex_;
  std::condition_variable turned_;
  int turn_ = 0;
  Status failed_;
};

Result<std::unique_ptr<RemoteUpload>> WebHdfsBackend::StartUpload(const std::string& key,
                                                                  const IoContext& /*context*/) {
  return std::make_unique<HdfsUpload>(shared_from_this(), key);
}

struct HdfsLocation {
  std::string scheme;
  std::string_view authority;
  std::string folder;
};

Result<HdfsLocation> ParseHdfsUri(std::string_view uri) {
  HdfsLocation out;
  const size_t colon = uri.find("://");
  out.scheme = AsciiLower(uri.substr(0, colon));
  std::string_view rest = uri.substr(colon + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return Status::InvalidArgument(
        "a URI of HDFS has no query and no fragment; give options such as hdfs_user, and in a path "
        "write '?' as %3F and '#' as %23");
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  out.authority = rest.substr(0, slash);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  while (rest.ends_with('/')) rest.remove_suffix(1);
  out.folder = PercentDecode(rest);
  DELTAIC_RETURN_IF_ERROR(CheckFolderPath(out.folder));
  if (out.authority.find('@') != std::string_view::npos) {
    return Status::InvalidArgument(
        "a URI of HDFS has no user and no password in it; give hdfs_user as an option");
  }
  if (!out.authority.empty()) return out;
  return Status::InvalidArgument(
      "a URI of HDFS names the name node: webhdfs://HOST:9870/PATH, or hdfs://HOST/PATH");
}

}  // namespace

bool IsHdfsUri(std::string_view uri) {
  const std::string scheme = AsciiLower(uri.substr(0, std::min(uri.find("://"), uri.size())));
  return scheme == "hdfs" || scheme == "webhdfs" || scheme == "swebhdfs";
}

Result<std::shared_ptr<ObjectStore>> OpenWebHdfsStore(
    std::string_view uri, const std::map<std::string, std::string>& given,
    const Environment& environment) {
  DELTAIC_ASSIGN_OR_RETURN(const HdfsLocation location, ParseHdfsUri(uri));
  std::vector<OptionKey> keys = {{"hdfs_user", {"user"}},
                                 {"hdfs_delegation_token", {"delegation_token"}},
                                 {"hdfs_webhdfs_endpoint", {"webhdfs_endpoint"}}};
  for (const OptionKey& key : ClientOptionKeys()) keys.push_back(key);
  DELTAIC_ASSIGN_OR_RETURN(const OptionSet options,
                           OptionSet::Make(std::move(keys), "hdfs_", given, environment));
  DELTAIC_ASSIGN_OR_RETURN(ClientOptions client_options, ReadClientOptions(options));
  std::string address = options.Get("hdfs_webhdfs_endpoint");
  if (address.empty() && location.scheme == "hdfs") {
    address =
        Concat("http://", location.authority.substr(0, location.authority.rfind(':')), ":9870");
  } else if (address.empty()) {
    address = Concat(location.scheme == "swebhdfs" ? "https://" : "http://", location.authority);
  }
  Result<Url> base = ParseUrl(address);
  if (!base.ok()) return base.status().WithContext("the address of WebHDFS");
  std::vector<std::pair<std::string, std::string>> login;
  std::string user = options.Get("hdfs_user");
  if (user.empty()) user = options.Variable("HADOOP_USER_NAME").value_or("");
  if (const auto token = options.Find("hdfs_delegation_token")) {
    login.emplace_back("delegation", *token);
  } else {
    if (!user.empty()) login.emplace_back("user.name", user);
    // Most clusters speak nothing else, and without a token no secret goes out.
    if (given.count("allow_http") == 0) client_options.allow_http = true;
  }
  std::string root = Concat(location.scheme, "://", location.authority);
  auto backend = std::make_shared<WebHdfsBackend>(
      *std::move(base), std::move(root), std::move(login),
      HttpClient(SharedCurlTransport(client_options), client_options.retry));
  return MakeRemoteStore(std::move(backend), location.folder);
}

}  // namespace deltaic
