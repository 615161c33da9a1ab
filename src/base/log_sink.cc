#include "base/log_sink.h"

#include <memory>
#include <mutex>

namespace deltaic {
namespace {

std::mutex& SinkMutex() {
  static std::mutex mutex;
  return mutex;
}

std::shared_ptr<LogSink>& SinkSlot() {
  static std::shared_ptr<LogSink> slot;
  return slot;
}

}  // namespace

void SetLogSink(LogSink sink) {
  std::lock_guard lock(SinkMutex());
  SinkSlot() = sink ? std::make_shared<LogSink>(std::move(sink)) : nullptr;
}

void Log(LogLevel level, std::string_view message) {
  std::shared_ptr<LogSink> sink;
  {
    std::lock_guard lock(SinkMutex());
    sink = SinkSlot();
  }
  if (sink) (*sink)(level, message);
}

}  // namespace deltaic
