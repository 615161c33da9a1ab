#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace deltaic::cli {

/// Bytes to a server and back, over a socket that waits for nothing. One thread at a time.
class RedisChannel {
 public:
  virtual ~RedisChannel() = default;
  /// \return how many bytes came, 0 where none are there yet.
  /// \throws RedisError  the connection was closed, or broke.
  virtual size_t Receive(char* bytes, size_t length) = 0;
  /// \return how many bytes went, 0 where none can yet. Errors as above.
  virtual size_t Send(const char* bytes, size_t length) = 0;
  /// Waits until there may be something to receive, or where `to_send`, to send.
  void Wait(bool to_send) const;

 protected:
  /// \param fd  a connected socket, which is its own from here on.
  explicit RedisChannel(int fd);
  RedisChannel(const RedisChannel&) = delete;
  RedisChannel& operator=(const RedisChannel&) = delete;
  /// Closes with the socket what else is there to close.
  int fd() const { return fd_.value; }

 private:
  struct Descriptor {
    int value;
    ~Descriptor();
  };
  Descriptor fd_;
};

std::unique_ptr<RedisChannel> MakePlainChannel(int fd);

/// By TLS 1.2 or newer: the server's certificate must be of `host` and signed by an authority of
/// `ca_file`, or, where that is "", by one that the system trusts (SSL_CERT_FILE names others).
/// OpenSSL is loaded by the first call.
/// \throws RedisError  the certificate is none of those, or what is there speaks no TLS.
std::unique_ptr<RedisChannel> MakeTlsChannel(int fd, const std::string& host,
                                             const std::string& ca_file);

}  // namespace deltaic::cli
