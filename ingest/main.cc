// deltaic-ingest, which `deltaic ingest` runs: Kafka topics into Delta tables.

#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/log_sink.h"
#include "ingest/loop/ingest_flags.h"
#include "ingest/loop/worker.h"

namespace deltaic::ingest {
namespace {

std::atomic<bool> stop{false};

extern "C" void OnSignal(int) {
  // The first one ends in order, the second one at once.
  if (stop.exchange(true)) _exit(1);
}

void HandleSignals() {
  struct sigaction action = {};
  action.sa_handler = &OnSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
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
      return 8;
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
/// the memory limit counts what is held.
void LimitAllocators() {
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*overwrite=*/0);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_ARENA_MAX, 4);
}

int Run(int argc, char** argv) {
  LimitAllocators();
  IngestFlags flags;
  CLI::App app("Reads Kafka topics into Delta tables, each message once.", "deltaic ingest");
  flags.AddTo(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "deltaic: %s; see deltaic ingest --help\n", error.what());
    return ExitCodeOf(StatusCode::kInvalidArgument);
  }
  Result<IngestOptions> options = flags.Finish();
  if (!options.ok()) return Report(options.status());
  SetLogSink([level = flags.log_level()](LogLevel of, std::string_view text) {
    if (of < level) return;
    std::fprintf(stderr, "%s\n", LogLine(of, text).c_str());
  });
  HandleSignals();
  const auto run = [&]() -> Status {
    DELTAIC_ASSIGN_OR_RETURN(const KafkaApi api, KafkaApi::Load(options->librdkafka));
    Log(LogLevel::kInfo, Concat("librdkafka ", api.version_str(), " of ", api.loaded_from));
    const int64_t memory_limit = options->memory_limit_bytes;
    const bool check_only = options->check_only;
    Worker worker({*std::move(options)}, memory_limit, api, &stop);
    return check_only ? worker.Open() : worker.Run();
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
