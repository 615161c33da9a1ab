#include "databases/redis_channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "databases/redis_connection.h"

namespace deltaic::cli {
namespace {

class PlainChannel : public RedisChannel {
 public:
  explicit PlainChannel(int fd) : RedisChannel(fd) {}
  size_t Receive(char* bytes, size_t length) override {
    const ssize_t count = recv(fd(), bytes, length, 0);
    if (count > 0) return static_cast<size_t>(count);
    if (count == 0) throw RedisError{"Redis: the connection was closed", true};
    return NothingOrLost();
  }
  size_t Send(const char* bytes, size_t length) override {
    const ssize_t count = send(fd(), bytes, length, MSG_NOSIGNAL);
    return count >= 0 ? static_cast<size_t>(count) : NothingOrLost();
  }

 private:
  static size_t NothingOrLost() {
    if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    throw RedisError{std::string("Redis: the connection broke: ") + std::strerror(errno), true};
  }
};

}  // namespace

RedisChannel::Descriptor::~Descriptor() { close(value); }

RedisChannel::RedisChannel(int fd) : fd_{fd} {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void RedisChannel::Wait(bool to_send) const {
  pollfd wait{fd(), static_cast<short>(to_send ? POLLIN | POLLOUT : POLLIN), 0};
  poll(&wait, 1, -1);
}

std::unique_ptr<RedisChannel> MakePlainChannel(int fd) {
  return std::make_unique<PlainChannel>(fd);
}

}  // namespace deltaic::cli
