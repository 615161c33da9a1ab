#pragma once

#include <memory>

#include "base/status.h"
#include "net/http_message.h"
#include "net/io_context.h"

namespace deltaic {

/// Sends one request once and gives the answer, whatever its status. An interface, so that retries
/// and signing are tested without a network. Safe from any thread.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// Follows no redirect. `context`'s cancellation and deadline end it within some 50 ms, except
  /// for a request that may not be sent again: that one, once begun, is waited for.
  /// \retval kUnavailable  no connection: not a byte was sent.
  /// \retval kCommitUnknown  the request, or a part of it, was sent and no whole answer came.
  /// \retval kIo  what another try would not mend: a certificate that does not verify, an answer
  /// longer than allowed.
  /// \retval kInvalidArgument  plain http where it is not allowed.
  /// \retval kUnsupported  libcurl is not there.
  /// \retval kCancelled
  virtual Result<HttpResponse> Send(const HttpRequest& request, const IoContext& context) = 0;
};

}  // namespace deltaic
