#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/observe/route_status.h"

namespace deltaic::ingest {

/// Sends what has changed to a statsd, by UDP, under the names of kafka-delta-ingest. Nobody waits
/// for it, and what is lost is lost. One thread at a time.
class StatsdSender {
 public:
  /// \param endpoint  "host:port".  \param prefix  before each name, such as the app id.
  /// \retval kInvalidArgument  not an address, or a host that is not known.
  static Result<std::unique_ptr<StatsdSender>> Open(const std::string& endpoint,
                                                    std::string prefix);
  ~StatsdSender();

  void Send(const IngestStatus& status);

  /// The lines for `status`: counters as what was added since the last call.
  std::vector<std::string> Lines(const IngestStatus& status);

 private:
  StatsdSender(int socket, std::string prefix) : socket_(socket), prefix_(std::move(prefix)) {}

  const int socket_;
  const std::string prefix_;
  std::map<std::string, int64_t> sent_;
};

}  // namespace deltaic::ingest
