#include "ingest/observe/statsd.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "ingest/observe/http_endpoint.h"

namespace deltaic::ingest {
namespace {

constexpr size_t kMostDatagramBytes = 1400;  // below the usual MTU

}  // namespace

Result<std::unique_ptr<StatsdSender>> StatsdSender::Open(const std::string& endpoint,
                                                         std::string prefix) {
  DELTAIC_ASSIGN_OR_RETURN(const auto address, SplitAddress("--statsd-endpoint", endpoint));
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.first.c_str(), address.second.c_str(), &hints, &found);
  if (error != 0) {
    return Status::InvalidArgument("--statsd-endpoint ", endpoint, ": ", ::gai_strerror(error));
  }
  const int socket = ::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool is_connected =
      socket >= 0 && ::connect(socket, found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  if (!is_connected) {
    if (socket >= 0) ::close(socket);
    return Status::InvalidArgument("--statsd-endpoint ", endpoint, ": cannot be reached");
  }
  // A name has none of statsd's own characters.
  for (char& c : prefix) c = c == ':' || c == '|' || c == '@' || c == '\n' ? '_' : c;
  return std::unique_ptr<StatsdSender>(new StatsdSender(socket, std::move(prefix)));
}

StatsdSender::~StatsdSender() { ::close(socket_); }

std::vector<std::string> StatsdSender::Lines(const IngestStatus& status) {
  int64_t messages = 0, failed = 0, commits = 0, failures = 0, micros = 0, rows = 0, file_bytes = 0;
  std::vector<int64_t> lags;
  for (const RouteStatus& route : status.routes) {
    const Metrics& m = *route.metrics;
    messages += m.messages;
    failed += m.dead_letters;
    commits += m.commits;
    failures += m.failures + m.conflicts;
    micros += static_cast<int64_t>(m.commit_seconds.sum_seconds() * 1e6);
    rows += m.buffered_rows;
    file_bytes += m.file_bytes;
    for (const auto& [number, partition] : m.Partitions()) {
      if (partition.end) lags.push_back(std::max<int64_t>(*partition.end - partition.next, 0));
    }
  }
  std::vector<std::string> lines;
  const auto added = [&](const std::string& name, int64_t value) {
    const int64_t more = value - std::exchange(sent_[name], value);
    if (more > 0) lines.push_back(Concat(prefix_, '.', name, ':', more, "|c"));
    return more;
  };
  const auto gauge = [&](std::string_view name, int64_t value) {
    lines.push_back(Concat(prefix_, '.', name, ':', value, "|g"));
  };
  added("messages.deserialization.completed", messages - failed);
  added("messages.deserialization.failed", failed);
  added("delta.write.failed", failures);
  const int64_t more_micros = micros - std::exchange(sent_["micros"], micros);
  const int64_t more_bytes = file_bytes - std::exchange(sent_["bytes"], file_bytes);
  added("delta.write.started", commits + failures);
  if (const int64_t more = added("delta.write.completed", commits); more > 0) {
    lines.push_back(Concat(prefix_, ".delta.write.duration:", more_micros / 1000 / more, "|ms"));
    gauge("delta.add.size", more_bytes / more);
  }
  gauge("buffered.rows", rows);
  gauge("buffer.lag.num_partitions", static_cast<int64_t>(lags.size()));
  if (!lags.empty()) {
    int64_t total = 0;
    for (const int64_t lag : lags) total += lag;
    gauge("buffer.lag.total", total);
    gauge("buffer.lag.max", *std::ranges::max_element(lags));
    gauge("buffer.lag.min", *std::ranges::min_element(lags));
  }
  return lines;
}

void StatsdSender::Send(const IngestStatus& status) {
  std::string datagram;
  const auto send = [&] {
    // A statsd that is away, or slow, costs nothing but its numbers.
    static_cast<void>(::send(socket_, datagram.data(), datagram.size(), MSG_NOSIGNAL));
    datagram.clear();
  };
  for (const std::string& line : Lines(status)) {
    if (datagram.size() + line.size() + 1 > kMostDatagramBytes && !datagram.empty()) send();
    if (!datagram.empty()) datagram += '\n';
    datagram += line;
  }
  if (!datagram.empty()) send();
}

}  // namespace deltaic::ingest
