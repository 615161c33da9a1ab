#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ingest/observe/http_endpoint.h"
#include "ingest/observe/live_view.h"
#include "ingest/observe/log_line.h"
#include "ingest/observe/probes.h"
#include "ingest/observe/prometheus_text.h"
#include "ingest/observe/statsd.h"

namespace deltaic::ingest {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class Observed : public testing::Test {
 protected:
  Observed() {
    metrics_.state = RouteState::kRunning;
    metrics_.messages = 100;
    metrics_.dead_letters = 3;
    metrics_.last_poll_ms = kNow;
    metrics_.SetPartitions({{0, {10, 25}}, {7, {5, std::nullopt}}});
    metrics_.commit_seconds.Add(0.02);
    metrics_.commit_seconds.Add(100);
    metrics_.commits = 2;
  }
  static constexpr int64_t kNow = 1'700'000'000'000;
  Metrics metrics_;
  IngestStatus status_{.routes = {{"a\"b", "/t\\x", 5000, &metrics_}},
                       .started_ms = kNow - 1000,
                       .memory_limit_bytes = 1 << 20};
};

TEST_F(Observed, PrometheusText) {
  const std::string text = PrometheusText(status_, kNow);
  const std::string labels = R"(topic="a\"b",table="/t\\x")";
  EXPECT_THAT(text, HasSubstr("# TYPE deltaic_ingest_messages_total counter\n"
                              "deltaic_ingest_messages_total{" +
                              labels + "} 100\n"));
  EXPECT_THAT(text, HasSubstr("lag_messages{" + labels + "} 15\n"));
  EXPECT_THAT(text, HasSubstr("partition_lag_messages{" + labels + ",partition=\"0\"} 15\n"));
  EXPECT_THAT(text, Not(HasSubstr("partition_lag_messages{" + labels + ",partition=\"7\"}")));
  EXPECT_THAT(text, HasSubstr("commit_seconds_bucket{" + labels + ",le=\"0.01\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("commit_seconds_bucket{" + labels + ",le=\"0.025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("commit_seconds_bucket{" + labels + ",le=\"+Inf\"} 2\n"));
  EXPECT_TRUE(text.ends_with("\n"));
}

TEST_F(Observed, ReadyWhileMessagesGetOnInTime) {
  EXPECT_EQ(WhyNotReady(status_, kNow), "");
  metrics_.oldest_ms = kNow - 14'000;
  EXPECT_EQ(WhyNotReady(status_, kNow), "");
  metrics_.oldest_ms = kNow - 16'000;
  EXPECT_THAT(WhyNotReady(status_, kNow), HasSubstr("holds messages for 16 s"));
  metrics_.oldest_ms = 0;
  metrics_.state = RouteState::kWaiting;
  EXPECT_THAT(WhyNotReady(status_, kNow), HasSubstr("is waiting"));
  EXPECT_EQ(WhyNotHealthy(status_, kNow), "");
  EXPECT_NE(WhyNotHealthy(status_, kNow + 301'000), "");
}

TEST_F(Observed, StatsdLinesCarryWhatWasAdded) {
  const auto sender = StatsdSender::Open("127.0.0.1:9", "app:x");
  ASSERT_TRUE(sender.ok()) << sender.status();
  const auto lines = (*sender)->Lines(status_);
  EXPECT_THAT(lines, Contains("app_x.messages.deserialization.completed:97|c"));
  EXPECT_THAT(lines, Contains("app_x.delta.write.completed:2|c"));
  EXPECT_THAT(lines, Contains("app_x.buffer.lag.max:15|g"));
  metrics_.messages = 110;
  const auto more = (*sender)->Lines(status_);
  EXPECT_THAT(more, Contains("app_x.messages.deserialization.completed:10|c"));
  EXPECT_THAT(more, Not(Contains(HasSubstr("delta.write.completed"))));
  EXPECT_EQ(StatsdSender::Open("no-port", "x").status().code(), StatusCode::kInvalidArgument);
}

TEST_F(Observed, LiveViewFitsItsTerminal) {
  LiveView view;
  view.Lines(status_, kNow, 200, 40);
  metrics_.messages = 2100;
  const auto lines = view.Lines(status_, kNow + 1000, 200, 40);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr("msg/s"));
  EXPECT_THAT(lines[1], HasSubstr("running"));
  EXPECT_THAT(lines[1], HasSubstr(" 1.0 k "));  // half of the way to 2000/s
  for (const std::string& line : view.Lines(status_, kNow + 2000, 20, 2)) {
    EXPECT_EQ(line.size(), 20U);
  }
  EXPECT_EQ(view.Clear(), "");
  view.Draw(lines);
  EXPECT_EQ(view.Clear(), "\x1b[3A\r\x1b[J");
}

TEST(LogLine, JsonIsOneLine) {
  EXPECT_EQ(LogLine(LogFormat::kJson, LogLevel::kWarning, "a \"b\"\nc", 0),
            R"({"timestamp":"1970-01-01T00:00:00.000Z","level":"warning","message":"a \"b\"\nc"})");
  EXPECT_EQ(LogLine(LogFormat::kText, LogLevel::kInfo, "a\nb", 0),
            "1970-01-01T00:00:00.000Z info a b");
}

std::string Ask(int port, const std::string& request) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::send(socket, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string out;
  char piece[4096];
  for (ssize_t n = 0; (n = ::recv(socket, piece, sizeof piece, 0)) > 0;) {
    out.append(piece, static_cast<size_t>(n));
  }
  ::close(socket);
  return out;
}

TEST(HttpEndpoint, AnswersGetAndHeadAlone) {
  const auto endpoint = HttpEndpoint::Start("127.0.0.1:0", [](std::string_view path) {
    return HttpAnswer{.code = path == "/x" ? 200 : 404, .body = std::string(path)};
  });
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  const int port = (*endpoint)->port();
  EXPECT_THAT(
      Ask(port, "GET /x?a=b HTTP/1.1\r\n\r\n"),
      testing::AllOf(testing::StartsWith("HTTP/1.1 200 OK\r\n"), testing::EndsWith("\r\n\r\n/x")));
  EXPECT_THAT(Ask(port, "HEAD /x HTTP/1.1\r\n\r\n"), testing::EndsWith("\r\n\r\n"));
  EXPECT_THAT(Ask(port, "GET /y HTTP/1.1\r\n\r\n"), testing::StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask(port, "POST /x HTTP/1.1\r\n\r\n"), testing::StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask(port, "nonsense\r\n\r\n"), testing::StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(HttpEndpoint::Start("127.0.0.1:" + std::to_string(port), {}).status().code(),
            StatusCode::kIo);
  EXPECT_EQ(HttpEndpoint::Start("nonsense", {}).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace deltaic::ingest
