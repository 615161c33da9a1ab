#include "net/curl_transport.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>

#include "base/ascii.h"
#include "base/fork.h"
#include "base/made_once.h"
#include "net/curl_library.h"

namespace deltaic {
namespace {

using Clock = std::chrono::steady_clock;

/// How soon a cancelled request ends.
constexpr int kPollMs = 40;
/// Of a long answer; a connection keeps as much memory.
constexpr long kMaxBufferBytes = 64L << 10;
constexpr long kMinBufferBytes = 16L << 10;
constexpr long kUsualBufferBytes = 64L << 10;
constexpr size_t kMaxHeaderBytes = 256 << 10;
constexpr int64_t kMaxMessageBytes = 1 << 20;
constexpr int kProxyLoginWanted = 407;

/// One connection, mostly: what libcurl keeps between two requests to one host. One thread at a
/// time.
struct Line {
  const CurlLibrary* curl = nullptr;
  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  Clock::time_point last_used;

  ~Line() {
    if (easy != nullptr) curl->easy_cleanup(easy);
    if (multi != nullptr) curl->multi_cleanup(multi);
  }
};

/// Lines that wait for their next request, by origin. Safe from any thread.
class Pool {
 public:
  Pool(std::chrono::milliseconds idle, int max_idle) : idle_(idle), max_idle_(max_idle) {}

  Result<std::unique_ptr<Line>> Take(const CurlLibrary* curl, const std::string& origin) {
    {
      const std::lock_guard lock(mutex_);
      LeaveToParent();
      std::deque<std::unique_ptr<Line>>& lines = lines_[origin];
      const Clock::time_point oldest = Clock::now() - idle_;
      while (!lines.empty() && lines.front()->last_used < oldest) lines.pop_front();
      if (!lines.empty()) {
        std::unique_ptr<Line> line = std::move(lines.back());
        lines.pop_back();
        return line;
      }
    }
    auto line = std::make_unique<Line>();
    line->curl = curl;
    line->multi = curl->multi_init();
    line->easy = curl->easy_init();
    if (line->multi == nullptr || line->easy == nullptr)
      return Status::Io("no memory for a request");
    return line;
  }

  void GiveBack(const std::string& origin, std::unique_ptr<Line> line) {
    const std::lock_guard lock(mutex_);
    LeaveToParent();
    line->last_used = Clock::now();
    std::deque<std::unique_ptr<Line>>& lines = lines_[origin];
    lines.push_back(std::move(line));
    if (lines.size() > static_cast<size_t>(max_idle_)) lines.pop_front();
  }

 private:
  /// After a fork the connections are the parent's: closing them here would end its TLS sessions,
  /// so they are forgotten.
  void LeaveToParent() {
    const pid_t now = getpid();
    if (now == pid_) return;
    pid_ = now;
    for (auto& [origin, lines] : lines_) {
      for (std::unique_ptr<Line>& line : lines) static_cast<void>(line.release());
    }
    lines_.clear();
  }

  const std::chrono::milliseconds idle_;
  const int max_idle_;
  ForkSafeMutex mutex_;
  std::map<std::string, std::deque<std::unique_ptr<Line>>> lines_;
  pid_t pid_ = getpid();
};

/// What libcurl's callbacks fill in.
struct Exchange {
  std::string_view body_left;
  int64_t max_response_bytes = 0;
  bool is_success = true;  ///< of the answer under way; others hold a message, whatever its length
  bool is_too_long = false;
  std::span<char> place;  ///< see HttpRequest
  bool is_placed = false;
  int64_t announced_bytes = -1;  ///< as the server says: untrusted
  size_t header_bytes = 0;
  HttpResponse response;
};

size_t OnBodyWanted(char* out, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const size_t bytes = std::min(size * count, exchange.body_left.size());
  std::memcpy(out, exchange.body_left.data(), bytes);
  exchange.body_left.remove_prefix(bytes);
  return bytes;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kMaxHeaderBytes) return 0;
  if (line.starts_with("HTTP/")) {  // of the last answer: 100 Continue and a proxy's come before
    exchange.response.headers = {};
    const size_t space = line.find(' ');
    exchange.is_success = space != std::string_view::npos && line.substr(space + 1, 1) == "2";
    return line.size();
  }
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    exchange.response.headers.Add(TrimSpace(line.substr(0, colon)),
                                  TrimSpace(line.substr(colon + 1)));
  }
  return line.size();
}

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string& body = exchange.response.body;
  const size_t bytes = size * count;
  const int64_t most = exchange.is_success
                           ? exchange.max_response_bytes
                           : std::max(exchange.max_response_bytes, kMaxMessageBytes);
  if (exchange.announced_bytes < 0) {
    const std::string length(exchange.response.headers.Get("content-length"));
    exchange.announced_bytes = std::max(0LL, std::atoll(length.c_str()));
    exchange.is_placed = exchange.is_success && exchange.announced_bytes > 0 &&
                         exchange.announced_bytes <= static_cast<int64_t>(exchange.place.size());
    // No more memory than is allowed, whatever the server says.
    if (!exchange.is_placed)
      body.reserve(static_cast<size_t>(std::min(exchange.announced_bytes, most)));
  }
  size_t& placed = exchange.response.placed_bytes;
  const auto in_all = static_cast<int64_t>(body.size() + placed + bytes);
  if (std::max(exchange.announced_bytes, in_all) > most ||
      (exchange.is_placed && in_all > exchange.announced_bytes)) {
    exchange.is_too_long = true;
    return 0;
  }
  if (exchange.is_placed) {
    std::memcpy(exchange.place.data() + placed, data, bytes);
    placed += bytes;
    return bytes;
  }
  body.append(data, bytes);
  return bytes;
}

class Sending {
 public:
  Sending(const CurlLibrary& curl, Line& line, const ClientOptions& options,
          const HttpRequest& request)
      : curl_(curl), line_(line), options_(options), request_(request) {}
  ~Sending() { curl_.slist_free_all(headers_); }

  Result<HttpResponse> Run(const IoContext& context) {
    curl_.easy_reset(line_.easy);
    DELTAIC_RETURN_IF_ERROR(SetUp(context));
    if (curl_.multi_add_handle(line_.multi, line_.easy) != CURLM_OK)
      return Status::Internal("libcurl takes no request");
    Result<CURLcode> code = Drive(context);
    if (code.ok()) {
      long status = 0;
      curl_.easy_getinfo(line_.easy, CURLINFO_RESPONSE_CODE, &status);
      exchange_.response.status = static_cast<int>(status);
    }
    const bool maybe_sent = MaybeSent();
    curl_.multi_remove_handle(line_.multi, line_.easy);
    if (!code.ok()) {
      // What a cancelled request leaves on its connection is unknown.
      is_line_good_ = false;
      return code.status();
    }
    if (*code == CURLE_OK && exchange_.response.status == kProxyLoginWanted)
      return ProxyRefusesLogin();  // No store answers so: it has not heard of it.
    if (*code == CURLE_OK) return std::move(exchange_.response);
    is_line_good_ = false;
    if (request_.broken != nullptr && exchange_.is_success && !exchange_.is_too_long)
      *request_.broken = std::move(exchange_.response);
    return Failure(*code, maybe_sent);
  }

  bool is_line_good() const { return is_line_good_; }

 private:
  template <typename Value>
  void Set(CURLoption option, Value value) {
    const CURLcode code = curl_.easy_setopt(line_.easy, option, value);
    if (code != CURLE_OK) set_up_ = code;
  }

  Status SetUp(const IoContext& context) {
    url_ = request_.url.ToString();
    Set(CURLOPT_URL, url_.c_str());
    Set(CURLOPT_PATH_AS_IS, 1L);
    // The number, since older libcurls know no other way.
    Set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    Set(CURLOPT_FOLLOWLOCATION, 0L);
    Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_TCP_NODELAY, 1L);
    Set(CURLOPT_BUFFERSIZE, BufferBytes());
    Set(CURLOPT_MAXAGE_CONN,
        static_cast<long>(std::max<int64_t>(1, options_.pool_idle_timeout.count() / 1'000)));
    Set(CURLOPT_ERRORBUFFER, error_);
    if (request_.fresh_connection) Set(CURLOPT_FRESH_CONNECT, 1L);
    SetTimes(context);
    SetTls();
    SetProxy();
    SetBody();
    SetHeaders();
    Set(CURLOPT_HEADERFUNCTION, &OnHeader);
    Set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange_));
    Set(CURLOPT_WRITEFUNCTION, &OnBody);
    Set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange_));
    exchange_.max_response_bytes = request_.max_response_bytes;
    exchange_.place = request_.place;
    if (set_up_ == CURLE_OK) return Status();
    return Status::InvalidArgument("the request to ", request_.url.Origin(),
                                   " cannot be set up: ", curl_.easy_strerror(set_up_));
  }

  long BufferBytes() const {
    if (request_.method != "GET") return kMinBufferBytes;
    if (!request_.headers.Find("range")) return kUsualBufferBytes;
    return static_cast<long>(
        std::clamp<int64_t>(request_.max_response_bytes, kMinBufferBytes, kMaxBufferBytes));
  }

  void SetTimes(const IoContext&) {
    Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    int64_t timeout_ms = options_.timeout.count();
    if (request_.timeout_ms && (timeout_ms == 0 || *request_.timeout_ms < timeout_ms))
      timeout_ms = *request_.timeout_ms;
    if (timeout_ms > 0) Set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
    if (options_.read_timeout.count() > 0) {
      Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
      Set(CURLOPT_LOW_SPEED_TIME,
          static_cast<long>(std::max<int64_t>(1, options_.read_timeout.count() / 1'000)));
    }
  }

  void SetTls() {
    if (options_.allow_invalid_certificates) {
      Set(CURLOPT_SSL_VERIFYPEER, 0L);
      Set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (options_.disable_system_certificates) {
      Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
      Set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
    }
    if (!options_.certificate_path.empty()) {
      Set(CURLOPT_CAINFO, options_.certificate_path.c_str());
    }
    if (!options_.client_certificate_path.empty()) {
      const std::string& key = options_.client_key_path;
      Set(CURLOPT_SSLCERT, options_.client_certificate_path.c_str());
      Set(CURLOPT_SSLKEY, key.empty() ? options_.client_certificate_path.c_str() : key.c_str());
    }
    if (!options_.proxy_ca_certificate.empty()) {
      Set(CURLOPT_PROXY_CAINFO, options_.proxy_ca_certificate.c_str());
    }
  }

  void SetProxy() {
    if (request_.is_metadata) {
      Set(CURLOPT_NOPROXY, "*");
      return;
    }
    if (!options_.proxy_url.empty()) Set(CURLOPT_PROXY, options_.proxy_url.c_str());
    if (!options_.proxy_excludes.empty()) Set(CURLOPT_NOPROXY, options_.proxy_excludes.c_str());
  }

  void SetBody() {
    if (request_.method == "HEAD") {
      Set(CURLOPT_NOBODY, 1L);
      return;
    }
    if (request_.method == "GET") return;
    Set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    if (request_.body.empty() && request_.method != "PUT" && request_.method != "POST") return;
    exchange_.body_left = request_.body;
    // An upload without a function to rewind it: libcurl sends nothing a second time by itself.
    Set(CURLOPT_UPLOAD, 1L);
    Set(CURLOPT_READFUNCTION, &OnBodyWanted);
    Set(CURLOPT_READDATA, static_cast<void*>(&exchange_));
    Set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }

  void SetHeaders() {
    for (const auto& [name, value] : request_.headers) {
      if (EqualsIgnoringCase(name, "content-length")) continue;  // libcurl writes it
      // "name;" is how libcurl is told of a header without value.
      AddHeader(value.empty() ? name + ";" : name + ": " + value);
    }
    AddHeader("Expect:");
    if (!request_.headers.Find("content-type")) AddHeader("Content-Type:");
    if (!request_.headers.Find("accept")) AddHeader("Accept: */*");
    if (!request_.headers.Find("user-agent") && !options_.user_agent.empty())
      AddHeader("User-Agent: " + options_.user_agent);
    Set(CURLOPT_HTTPHEADER, headers_);
  }

  void AddHeader(const std::string& line) { headers_ = curl_.slist_append(headers_, line.c_str()); }

  bool MaybeSent() const {
    long request_bytes = 0;
    curl_off_t before_transfer = 0;
    curl_.easy_getinfo(line_.easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    curl_.easy_getinfo(line_.easy, CURLINFO_PRETRANSFER_TIME_T, &before_transfer);
    return request_bytes > 0 || before_transfer > 0;
  }

  /// Until it is done, or `context` says to stop.
  Result<CURLcode> Drive(const IoContext& context) {
    for (;;) {
      int running = 0;
      if (curl_.multi_perform(line_.multi, &running) != CURLM_OK)
        return Status::Internal("libcurl cannot go on");
      int left = 0;
      while (const CURLMsg* message = curl_.multi_info_read(line_.multi, &left)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
      }
      // A request that must not be sent twice is waited for: its outcome would not be known.
      if (request_.may_resend || !MaybeSent()) DELTAIC_RETURN_IF_ERROR(context.Check());
      int events = 0;
      curl_.multi_poll(line_.multi, nullptr, 0, kPollMs, &events);
    }
  }

  Status ProxyRefusesLogin() const {
    return Status::PermissionDenied(
        "the proxy for ", request_.url.Origin(),
        " refuses the login (HTTP 407); give user and password in proxy_url, or in HTTPS_PROXY: "
        "http://user:password@host:port");
  }

  Status Failure(CURLcode code, bool maybe_sent) const {
    const std::string origin = request_.url.Origin();
    const char* said = error_[0] != '\0' ? error_ : curl_.easy_strerror(code);
    if (exchange_.is_too_long) {
      return Status::Io("the answer of ", request_.url.Redacted(), " has ",
                        exchange_.announced_bytes > 0 ? Concat(exchange_.announced_bytes) : "more",
                        " bytes, and ", request_.max_response_bytes, " are allowed");
    }
    switch (code) {
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE:
      case CURLE_SSL_CERTPROBLEM:
      case CURLE_SSL_ISSUER_ERROR:
        return Status::Io("the certificate of ", origin, " does not verify (", said,
                          "); check the address, or give the file of its CA as the storage option "
                          "certificate_path");
      case CURLE_COULDNT_RESOLVE_PROXY:
        return Status::Unavailable("cannot find the proxy for ", origin, " (", said,
                                   "); check proxy_url, or HTTPS_PROXY");
      case CURLE_COULDNT_RESOLVE_HOST:
        return Status::Unavailable("cannot find ", origin, " (", said,
                                   "); check the address and the network");
      default:
        break;
    }
    long tunnel_status = 0;
    curl_.easy_getinfo(line_.easy, CURLINFO_HTTP_CONNECTCODE, &tunnel_status);
    if (tunnel_status >= 300) {
      // The store itself has not heard of it.
      return tunnel_status == kProxyLoginWanted
                 ? ProxyRefusesLogin()
                 : Status::Unavailable("the proxy for ", origin, " makes no tunnel (", said,
                                       "); check the address, and proxy_url or HTTPS_PROXY");
    }
    if (!maybe_sent) {
      return Status::Unavailable("cannot connect to ", origin, " (", said,
                                 "); check the address, the network and the proxy");
    }
    return Status::CommitUnknown("no whole answer from ", request_.url.Redacted(), " (", said,
                                 "); try again");
  }

  const CurlLibrary& curl_;
  Line& line_;
  const ClientOptions& options_;
  const HttpRequest& request_;
  std::string url_;
  curl_slist* headers_ = nullptr;
  char error_[CURL_ERROR_SIZE] = {};
  CURLcode set_up_ = CURLE_OK;
  Exchange exchange_;
  bool is_line_good_ = true;
};

class CurlTransport : public HttpTransport {
 public:
  explicit CurlTransport(const ClientOptions& options)
      : options_(options), pool_(options.pool_idle_timeout, options.pool_max_idle_per_host) {}

  Result<HttpResponse> Send(const HttpRequest& request, const IoContext& context) override {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    if (request.url.scheme != "https" && !options_.allow_http &&
        !(request.is_metadata && IsLocalHost(request.url.host))) {
      return Status::InvalidArgument(request.url.Origin(),
                                     " is not encrypted; use https, or allow it by the storage "
                                     "option allow_http=true");
    }
    DELTAIC_ASSIGN_OR_RETURN(const CurlLibrary* curl, CurlLibrary::Get());
    const std::string origin = request.url.Origin();
    DELTAIC_ASSIGN_OR_RETURN(std::unique_ptr<Line> line, pool_.Take(curl, origin));
    Sending sending(*curl, *line, options_, request);
    Result<HttpResponse> answer = sending.Run(context);
    if (sending.is_line_good()) pool_.GiveBack(origin, std::move(line));
    return answer;
  }

 private:
  const ClientOptions options_;
  Pool pool_;
};

/// All that makes a transport another.
std::string KeyOf(const ClientOptions& options) {
  return Concat(options.allow_http, '\n', options.allow_invalid_certificates, '\n',
                options.connect_timeout.count(), '\n', options.timeout.count(), '\n',
                options.read_timeout.count(), '\n', options.proxy_url, '\n',
                options.proxy_ca_certificate, '\n', options.proxy_excludes, '\n',
                options.certificate_path, '\n', options.disable_system_certificates, '\n',
                options.client_certificate_path, '\n', options.client_key_path, '\n',
                options.pool_idle_timeout.count(), '\n', options.pool_max_idle_per_host, '\n',
                options.user_agent);
}

}  // namespace

std::shared_ptr<HttpTransport> SharedCurlTransport(const ClientOptions& options) {
  // Requests may be under way while the process exits.
  static constinit ForkSafeMutex mutex;
  auto& transports =
      MadeOnce([] { return std::map<std::string, std::shared_ptr<HttpTransport>>(); });
  const std::lock_guard lock(mutex);
  std::shared_ptr<HttpTransport>& transport = transports[KeyOf(options)];
  if (transport == nullptr) transport = std::make_shared<CurlTransport>(options);
  return transport;
}

}  // namespace deltaic
