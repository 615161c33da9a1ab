#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic::ingest {

/// An answer of the endpoint.
struct HttpAnswer {
  int code = 200;
  std::string body;
  std::string type = "text/plain; charset=utf-8";
};

/// A small HTTP server for probes and metrics: GET and HEAD, one connection at a time, requests of
/// at most 8 KiB, 2 seconds for each. It reads nothing but the path. Destroying it ends its thread.
class HttpEndpoint {
 public:
  /// \param listen  "host:port"; no host: all addresses. Port 0: a free one.
  /// \param answer  of a path such as "/metrics"; called by the endpoint's thread.
  /// \retval kInvalidArgument  not an address  \retval kIo  it cannot be listened at.
  static Result<std::unique_ptr<HttpEndpoint>> Start(
      const std::string& listen, std::function<HttpAnswer(std::string_view path)> answer);
  ~HttpEndpoint();
  int port() const;

 private:
  struct Impl;
  explicit HttpEndpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Splits "host:port", "[::1]:port" or ":port".
/// \param flag  for the message.  \retval kInvalidArgument
Result<std::pair<std::string, std::string>> SplitAddress(std::string_view flag,
                                                         std::string_view address);

}  // namespace deltaic::ingest
