#include "ingest/observe/http_endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace deltaic::ingest {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTimeOfRequest = std::chrono::seconds(2);
constexpr size_t kMostRequestBytes = 8192;

std::string_view ReasonOf(int code) {
  switch (code) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

/// Waits for one event of a socket until `end`. \return false where it does not come.
bool WaitFor(int socket, short events, Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  if (left.count() <= 0) return false;
  pollfd one = {.fd = socket, .events = events, .revents = 0};
  return ::poll(&one, 1, static_cast<int>(left.count())) == 1;
}

/// The request's head, as far as it came. \return false where it does not end in time or is too
/// long.
bool ReadHead(int socket, Clock::time_point end, std::string& head) {
  std::array<char, 2048> piece;
  while (head.find("\r\n\r\n") == std::string::npos) {
    if (head.size() > kMostRequestBytes || !WaitFor(socket, POLLIN, end)) return false;
    const ssize_t count = ::recv(socket, piece.data(), piece.size(), 0);
    if (count <= 0) return false;
    head.append(piece.data(), static_cast<size_t>(count));
  }
  return head.size() <= kMostRequestBytes;
}

void WriteAll(int socket, std::string_view text, Clock::time_point end) {
  while (!text.empty() && WaitFor(socket, POLLOUT, end)) {
    const ssize_t count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count <= 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace

Result<std::pair<std::string, std::string>> SplitAddress(std::string_view flag,
                                                         std::string_view address) {
  const size_t colon = address.rfind(':');
  std::string_view host = address.substr(0, std::min(colon, address.size()));
  const std::string_view port =
      colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
  const bool is_number =
      !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos;
  if (!is_number) {
    return Status::InvalidArgument(flag, ' ', address, ": expected HOST:PORT");
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return std::pair(std::string(host), std::string(port));
}

struct HttpEndpoint::Impl {
  std::function<HttpAnswer(std::string_view path)> answer;
  int listener = -1;
  int wake = -1;
  int port = 0;
  std::thread thread;

  ~Impl() {
    if (thread.joinable()) {
      const uint64_t one = 1;
      static_cast<void>(!::write(wake, &one, sizeof one));
      thread.join();
    }
    if (listener >= 0) ::close(listener);
    if (wake >= 0) ::close(wake);
  }
  Status Listen(const std::string& listen);
  void Serve();
  void Answer(int socket);
};

Status HttpEndpoint::Impl::Listen(const std::string& listen) {
  DELTAIC_ASSIGN_OR_RETURN(const auto address, SplitAddress("--metrics-listen", listen));
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const char* host = address.first.empty() ? nullptr : address.first.c_str();
  if (const int error = ::getaddrinfo(host, address.second.c_str(), &hints, &found); error != 0) {
    return Status::InvalidArgument("--metrics-listen ", listen, ": ", ::gai_strerror(error));
  }
  int last_error = 0;
  for (const addrinfo* one = found; one != nullptr && listener < 0; one = one->ai_next) {
    const int socket = ::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (socket < 0) continue;
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(socket, one->ai_addr, one->ai_addrlen) == 0 && ::listen(socket, 16) == 0) {
      listener = socket;
    } else {
      last_error = errno;
      ::close(socket);
    }
  }
  ::freeaddrinfo(found);
  if (listener < 0) {
    return Status::Io("--metrics-listen ", listen, ": ", std::strerror(last_error));
  }
  sockaddr_storage bound = {};
  socklen_t size = sizeof bound;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &size);
  port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
  wake = ::eventfd(0, EFD_CLOEXEC);
  if (wake < 0) return Status::Io("--metrics-listen: ", std::strerror(errno));
  return Status();
}

void HttpEndpoint::Impl::Serve() {
  while (true) {
    std::array<pollfd, 2> both = {pollfd{.fd = listener, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = wake, .events = POLLIN, .revents = 0}};
    if (::poll(both.data(), both.size(), -1) < 0 && errno != EINTR) return;
    if (both[1].revents != 0) return;
    if (both[0].revents == 0) continue;
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      // No more of something: not at once again.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    Answer(socket);
    ::close(socket);
  }
}

void HttpEndpoint::Impl::Answer(int socket) {
  const auto end = Clock::now() + kTimeOfRequest;
  std::string head;
  HttpAnswer out{.code = 400, .body = "not a request\n"};
  bool has_body = true;
  if (!ReadHead(socket, end, head)) {
    if (head.size() <= kMostRequestBytes) return;
    out = {.code = 431, .body = "the request is too large\n"};
  } else {
    const std::string_view line = std::string_view(head).substr(0, head.find("\r\n"));
    const size_t first = line.find(' ');
    const size_t second = first == line.npos ? line.npos : line.find(' ', first + 1);
    if (second != line.npos) {
      const std::string_view method = line.substr(0, first);
      std::string_view path = line.substr(first + 1, second - first - 1);
      path = path.substr(0, path.find('?'));
      has_body = method != "HEAD";
      out = method == "GET" || method == "HEAD"
                ? answer(path)
                : HttpAnswer{.code = 405, .body = "only GET and HEAD\n"};
    }
  }
  WriteAll(socket,
           Concat("HTTP/1.1 ", out.code, ' ', ReasonOf(out.code), "\r\nContent-Type: ", out.type,
                  "\r\nContent-Length: ", out.body.size(), "\r\nConnection: close\r\n\r\n"),
           end);
  if (has_body) WriteAll(socket, out.body, end);
}

HttpEndpoint::HttpEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpEndpoint::~HttpEndpoint() = default;
int HttpEndpoint::port() const { return impl_->port; }

Result<std::unique_ptr<HttpEndpoint>> HttpEndpoint::Start(
    const std::string& listen, std::function<HttpAnswer(std::string_view path)> answer) {
  auto impl = std::make_unique<Impl>();
  impl->answer = std::move(answer);
  DELTAIC_RETURN_IF_ERROR(impl->Listen(listen));
  impl->thread = std::thread([self = impl.get()] { self->Serve(); });
  return std::unique_ptr<HttpEndpoint>(new HttpEndpoint(std::move(impl)));
}

}  // namespace deltaic::ingest
