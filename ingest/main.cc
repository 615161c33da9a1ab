// deltaic-ingest, which `deltaic ingest` runs: Kafka topics into Delta tables.

#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/log_sink.h"
#include "ingest/loop/command_line.h"
#include "ingest/loop/process.h"
#include "ingest/observe/console.h"

namespace deltaic::ingest {
namespace {

constexpr int kNotCommitted = 8;  // the exit code

std::atomic<bool> stop{false};
std::atomic<unsigned> stop_timeout_s{0};

extern "C" void OnSignal(int) {
  // The first one ends in order, the second one at once.
  if (stop.exchange(true)) _exit(1);
  alarm(stop_timeout_s);
}

/// A store that does not answer must not hold up who stops the process, and kills it otherwise.
extern "C" void OnLate(int) {
  constexpr char kText[] =
      "deltaic: the last commit did not end within --stop-timeout; the next run reads its messages "
      "again, if it failed\n";
  static_cast<void>(!write(STDERR_FILENO, kText, sizeof(kText) - 1));
  _exit(kNotCommitted);
}

void HandleSignals() {
  struct sigaction action = {};
  action.sa_handler = &OnSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = &OnLate;
  sigaction(SIGALRM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

/// As the command line has them: docs/command-line.md.
int ExitCodeOf(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 0;
    case StatusCode::kInvalidArgument:
      return 2;
    case StatusCode::kNotFound:
      return 3;
    case StatusCode::kAlreadyExists:
    case StatusCode::kConflict:
      return 4;
    case StatusCode::kUnsupported:
      return 5;
    case StatusCode::kCorruption:
      return 6;
    case StatusCode::kSchemaMismatch:
    case StatusCode::kConstraintViolated:
      return 7;
    case StatusCode::kCommitUnknown:
    case StatusCode::kUnavailable:
    case StatusCode::kIo:
    case StatusCode::kPermissionDenied:
      return kNotCommitted;
    case StatusCode::kCancelled:
    case StatusCode::kInternal:
      break;
  }
  return 1;
}

int Report(const Status& status) {
  std::string line(status.message());
  for (char& c : line) c = c == '\n' || c == '\r' ? ' ' : c;
  std::fprintf(stderr, "deltaic: %s\n", line.c_str());
  return ExitCodeOf(status.code());
}

/// Before Arrow is used. Its own allocator keeps what was freed, as the system's does by default:
/// the memory limit counts what is held. What batches and fetches take again and again is kept, for
/// getting it from the kernel each time costs a quarter of all processor time.
void LimitAllocators() {
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*overwrite=*/0);
  mallopt(M_MMAP_THRESHOLD, 2 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_ARENA_MAX, 4);
}

int Run(int argc, char** argv) {
  LimitAllocators();
  HandleSignals();
  Result<CommandLine> line = ReadCommandLine(argc, argv);
  if (!line.ok()) return Report(line.status());
  if (!line->text.empty()) {
    std::fputs(line->text.c_str(), stdout);
    return 0;
  }
  const ProcessOptions& process = line->process;
  stop_timeout_s = process.stop_timeout_s;
  const bool has_view = process.live == LiveMode::kAlways ||
                        (process.live == LiveMode::kAuto && isatty(STDERR_FILENO) != 0);
  Console console(process.log_format, process.log_level, has_view && !process.check_only);
  SetLogSink([&](LogLevel level, std::string_view text) { console.Write(level, text); });
  const auto run = [&]() -> Status {
    DELTAIC_ASSIGN_OR_RETURN(const KafkaApi api, KafkaApi::Load(process.librdkafka));
    Log(LogLevel::kInfo, Concat("librdkafka ", api.version_str(), " of ", api.loaded_from));
    IngestProcess ingest(process, std::move(line->routes), api, &stop, &console);
    return process.check_only ? ingest.Check() : ingest.Run();
  };
  const Status status = run();
  SetLogSink({});
  return status.ok() ? 0 : Report(status);
}

}  // namespace
}  // namespace deltaic::ingest

int main(int argc, char** argv) {
  try {
    return deltaic::ingest::Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "deltaic: %s\n", error.what());
    return 1;
  }
}
