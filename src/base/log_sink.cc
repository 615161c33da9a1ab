#include "base/log_sink.h"

#include <memory>
#include <mutex>

#include "base/fork.h"
#include "base/made_once.h"

namespace deltaic {
namespace {

constinit ForkSafeMutex sink_mutex;

std::shared_ptr<LogSink>& SinkSlot() {
  return MadeOnce([] { return std::shared_ptr<LogSink>(); });
}

}  // namespace

void SetLogSink(LogSink sink) {
  std::lock_guard lock(sink_mutex);
  SinkSlot() = sink ? std::make_shared<LogSink>(std::move(sink)) : nullptr;
}

void Log(LogLevel level, std::string_view message) {
  std::shared_ptr<LogSink> sink;
  {
    std::lock_guard lock(sink_mutex);
    sink = SinkSlot();
  }
  if (sink) (*sink)(level, message);
}

}  // namespace deltaic
