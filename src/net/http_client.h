#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "net/client_options.h"
#include "net/http_transport.h"

namespace deltaic {

/// What an answer means for trying again.
enum class RetryVerdict {
  kFinal,     ///< it is the answer
  kLater,     ///< after a pause, if the request may be sent again
  kHarmless,  ///< after a pause, also where it may not: the server says that it did nothing
  kAtOnce,    ///< the same without a pause, and once only: what was wrong has been put right
};

/// How one store's requests are signed, and its answers judged.
struct RequestPolicy {
  /// Puts credentials into one attempt, before each. May ask a server for them.
  std::function<Status(HttpRequest& attempt, const IoContext& context)> authorize;
  /// nullptr: JudgeByStatus().
  std::function<RetryVerdict(const HttpRequest& attempt, const HttpResponse& response)> judge;
};

/// kLater for 408, 429, 500, 502, 503 and 504.
RetryVerdict JudgeByStatus(const HttpResponse& response);

/// `Retry-After` of an answer, in seconds or as a date compared with the answer's own `Date`.
std::optional<std::chrono::milliseconds> RetryAfter(const HttpResponse& response);

/// The pauses between the attempts of one request: longer and longer, by random parts so that
/// clients do not come back together. One thread at a time.
class RetryPauses {
 public:
  explicit RetryPauses(const RetrySettings& settings);
  /// How long to wait before one more attempt; nullopt: none is left.
  /// \param at_least  what the server asked for.
  std::optional<std::chrono::milliseconds> Next(std::chrono::milliseconds at_least);

 private:
  RetrySettings settings_;
  std::chrono::steady_clock::time_point end_;
  int retries_ = 0;
};

/// Sends requests, again where that helps and may be done. Safe from any thread.
class HttpClient {
 public:
  HttpClient(std::shared_ptr<HttpTransport> transport, RetrySettings settings)
      : transport_(std::move(transport)), settings_(settings) {}

  /// The last answer, whatever its status: one that another try might mend is given once tries,
  /// time or the context's budget are used up.
  /// \retval kUnavailable  no answer.
  /// \retval kCommitUnknown  no answer to a request that may not be sent again: it may have been
  /// done.
  /// Others: as HttpTransport::Send().
  Result<HttpResponse> Send(const HttpRequest& request, const RequestPolicy& policy,
                            const IoContext& context) const;

  HttpTransport& transport() const { return *transport_; }

 private:
  const std::shared_ptr<HttpTransport> transport_;
  const RetrySettings settings_;
};

}  // namespace deltaic
