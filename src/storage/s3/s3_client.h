#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/fork.h"
#include "net/http_client.h"
#include "storage/s3/s3_config.h"

namespace deltaic {

/// Signed requests to one bucket. Puts right by itself, once a request, what the store says is
/// wrong and can be: credentials that have expired, the bucket's region, this machine's clock. Safe
/// from any thread.
class S3Client {
 public:
  explicit S3Client(S3Config config);

  const S3Config& config() const { return config_; }
  std::string UriOf(std::string_view key) const;

  /// A request for an object, with all headers such need; for the bucket where `key` is empty.
  HttpRequest Request(std::string_view method, std::string_view key) const;

  /// \param root  of the document that a successful answer holds; empty: it holds none. An answer
  /// with another, or half of it, counts as a failure of the server.
  /// \return the answer, whatever its status; a success is one.
  Result<HttpResponse> Send(const HttpRequest& request, std::string_view root,
                            const IoContext& context) const;

  /// The store's answer, as an error, to what was to be done.
  Status Failure(const HttpResponse& response, std::string_view doing, std::string_view key) const;

 private:
  struct State {
    std::string region;
    int64_t clock_ahead_seconds = 0;  ///< of the store's clock
  };

  /// What one attempt went out with: what is adopted from its answer may have been from another's.
  struct Used {
    AwsCredentials credentials;
    State state;
  };
  Status Authorize(HttpRequest& attempt, Used& used, const IoContext& context) const;
  RetryVerdict Judge(const HttpRequest& attempt, const HttpResponse& response,
                     std::string_view root, const Used& used) const;
  /// True if it has adopted the region that the answer names.
  bool AdoptRegion(std::string_view region, const State& used) const;
  bool AdoptClock(const HttpResponse& response, const State& used) const;
  State Now() const;

  const S3Config config_;
  const HttpClient http_;
  mutable ForkSafeMutex mutex_;
  mutable State state_;
};

}  // namespace deltaic
