#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace deltaic::cli {

/// Redis refused something, or the connection broke.
struct RedisError {
  std::string message;
  bool connection_lost = false;
};

/// One reply.
struct RedisReply {
  enum class Kind { kText, kNumber, kNull, kList, kError };
  Kind kind = Kind::kNull;
  std::string text;               ///< also of an error
  std::vector<RedisReply> items;  ///< of a list
};

/// One connection to Redis, by its own protocol. One thread at a time.
class RedisConnection {
 public:
  /// \param url  redis://[[user]:password@]host[:port][/database], rediss:// for TLS, or
  ///     unix:///path/to.sock.
  /// \param ca_file  of TLS: who signed the server's certificate; "": whom the system trusts.
  /// \throws RedisError  cannot connect, a URL that is none. No message has the password.
  RedisConnection(const std::string& url, const std::string& ca_file);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  /// \throws RedisError  also for an error that Redis answers with.
  RedisReply Run(const std::vector<std::string>& command);
  /// Sends commands, already encoded, whose replies are read by ReadReply(). While they go, what
  /// comes is kept, so that neither side waits for the other.
  void Send(std::string_view commands);
  /// \param only_errors  of a list, which may be long, the items that are errors are enough.
  RedisReply ReadReply(bool only_errors = false);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One command as Redis reads it.
std::string EncodeCommand(const std::vector<std::string>& command);

}  // namespace deltaic::cli
