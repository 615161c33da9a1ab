#include "databases/redis_connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "databases/redis_channel.h"

namespace deltaic::cli {
namespace {

constexpr int kMaxDepth = 8;
/// Replies are untrusted: nothing that is read here is longer.
constexpr int64_t kMaxText = int64_t{512} << 20;

[[noreturn]] void Lost(const std::string& what) { throw RedisError{"Redis: " + what, true}; }

struct Place {
  std::string user, password, host = "127.0.0.1", port = "6379", database, socket;
  bool tls = false;
};

std::string Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

Place ParseUrl(std::string_view url) {
  Place place;
  if (url.substr(0, 7) == "unix://") {
    place.socket = Decode(url.substr(7));
    return place;
  }
  place.tls = url.substr(0, 9) == "rediss://";
  if (!place.tls && url.substr(0, 8) != "redis://")
    throw RedisError{"Redis: the URL is none that is supported: redis://, rediss:// or unix://"};
  url.remove_prefix(place.tls ? 9 : 8);
  const size_t slash = url.find('/');
  if (slash != std::string_view::npos) {
    place.database = std::string(url.substr(slash + 1));
    if (place.database.find_first_not_of("0123456789") != std::string::npos)
      throw RedisError{"Redis: the database in the URL is no number"};
    url = url.substr(0, slash);
  }
  const size_t at = url.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view login = url.substr(0, at);
    const size_t colon = login.find(':');
    place.user = Decode(login.substr(0, colon));
    if (colon != std::string_view::npos) place.password = Decode(login.substr(colon + 1));
    url.remove_prefix(at + 1);
  }
  if (url.empty()) return place;
  const size_t bracket = url.rfind(']'), colon = url.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port) place.port = std::string(url.substr(colon + 1));
  std::string_view host = has_port ? url.substr(0, colon) : url;
  if (!host.empty() && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (!host.empty()) place.host = std::string(host);
  return place;
}

int ConnectSocket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) Lost("the path of the socket is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return fd;
  const std::string why = std::strerror(errno);
  if (fd >= 0) close(fd);
  Lost("cannot connect to " + path + ": " + why);
}

int ConnectHost(const Place& place) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(place.host.c_str(), place.port.c_str(), &hints, &found);
  const std::string where = place.host + ":" + place.port;
  if (code != 0) Lost("cannot find " + where + ": " + gai_strerror(code));
  std::string why = "no address";
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd < 0) continue;
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) break;
    why = std::strerror(errno);
    close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  if (fd < 0) Lost("cannot connect to " + where + ": " + why);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

std::string EncodeCommand(const std::vector<std::string>& command) {
  std::string out = "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& word : command)
    out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return out;
}

struct RedisConnection::Impl {
  std::unique_ptr<RedisChannel> channel;
  std::string in;  ///< what came
  size_t at = 0;   ///< of it, what was read

  /// Takes what is there; \return false where nothing was, and `wait` is false.
  bool Receive(bool wait) {
    if (at > (size_t{1} << 20)) {
      in.erase(0, at);
      at = 0;
    }
    char buffer[64 * 1024];
    for (;;) {
      const size_t count = channel->Receive(buffer, sizeof buffer);
      in.append(buffer, count);
      if (count > 0 || !wait) return count > 0;
      channel->Wait(false);
    }
  }

  std::string ReadLine() {
    for (size_t from = at;;) {
      const size_t end = in.find("\r\n", from);
      if (end != std::string::npos) {
        std::string line = in.substr(at, end - at);
        at = end + 2;
        return line;
      }
      from = std::max(at, in.size() == 0 ? 0 : in.size() - 1);
      const size_t read = at;
      Receive(true);
      from -= read - at;  // what was read may have been cut off
    }
  }

  std::string ReadText(size_t length) {
    while (in.size() - at < length + 2) Receive(true);
    std::string text = in.substr(at, length);
    at += length + 2;
    return text;
  }

  static int64_t Number(const std::string& line) {
    int64_t number = 0;
    const char* end = line.data() + line.size();
    if (std::from_chars(line.data() + 1, end, number).ptr != end || line.size() < 2)
      Lost("an answer that is none");
    return number;
  }

  /// \param only_errors  of lists: their other items are dropped.
  RedisReply Read(int depth, bool only_errors) {
    if (depth > kMaxDepth) Lost("an answer that is none");
    const std::string line = ReadLine();
    RedisReply reply;
    switch (line.empty() ? '\0' : line[0]) {
      case '+':
        reply.kind = RedisReply::Kind::kText;
        reply.text = line.substr(1);
        return reply;
      case '-':
        reply.kind = RedisReply::Kind::kError;
        reply.text = line.substr(1);
        return reply;
      case ':':
        reply.kind = RedisReply::Kind::kNumber;
        reply.text = line.substr(1);
        return reply;
      case '$': {
        const int64_t length = Number(line);
        if (length < 0) return reply;
        if (length > kMaxText) Lost("an answer that is too long");
        reply.kind = RedisReply::Kind::kText;
        reply.text = ReadText(static_cast<size_t>(length));
        return reply;
      }
      case '*': {
        const int64_t count = Number(line);
        if (count < 0) return reply;
        reply.kind = RedisReply::Kind::kList;
        for (int64_t i = 0; i < count; ++i) {
          RedisReply item = Read(depth + 1, only_errors);
          if (!only_errors || item.kind == RedisReply::Kind::kError)
            reply.items.push_back(std::move(item));
        }
        return reply;
      }
      default:
        Lost("an answer that is none");
    }
  }
};

RedisConnection::RedisConnection(const std::string& url, const std::string& ca_file)
    : impl_(std::make_unique<Impl>()) {
  const Place place = ParseUrl(url);
  if (!ca_file.empty() && !place.tls)
    throw RedisError{"Redis: --ca-file is for TLS, and the URL does not begin with rediss://"};
  const int fd = place.socket.empty() ? ConnectHost(place) : ConnectSocket(place.socket);
  impl_->channel = place.tls ? MakeTlsChannel(fd, place.host, ca_file) : MakePlainChannel(fd);
  if (!place.password.empty()) {
    if (place.user.empty())
      Run({"AUTH", place.password});
    else
      Run({"AUTH", place.user, place.password});
  }
  if (!place.database.empty()) Run({"SELECT", place.database});
}

RedisConnection::~RedisConnection() = default;

RedisReply RedisConnection::Run(const std::vector<std::string>& command) {
  Send(EncodeCommand(command));
  RedisReply reply = ReadReply();
  if (reply.kind == RedisReply::Kind::kError) throw RedisError{"Redis: " + reply.text};
  return reply;
}

void RedisConnection::Send(std::string_view commands) {
  while (!commands.empty()) {
    const size_t sent = impl_->channel->Send(commands.data(), commands.size());
    commands.remove_prefix(sent);
    if (sent > 0) continue;
    impl_->channel->Wait(true);
    impl_->Receive(false);
  }
}

RedisReply RedisConnection::ReadReply(bool only_errors) { return impl_->Read(0, only_errors); }

}  // namespace deltaic::cli
