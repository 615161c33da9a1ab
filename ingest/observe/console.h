#pragma once

#include <mutex>
#include <string>

#include "base/log_sink.h"
#include "ingest/observe/live_view.h"
#include "ingest/observe/log_line.h"
#include "ingest/observe/route_status.h"

namespace deltaic::ingest {

/// Standard error: lines of the log, and below them the live view where there is one. Safe from any
/// thread.
class Console {
 public:
  Console(LogFormat format, LogLevel least, bool has_view)
      : format_(format), least_(least), has_view_(has_view) {}

  void Write(LogLevel level, std::string_view text);
  /// Draws the view, where there is one, as large as the terminal allows.
  void Show(const IngestStatus& status);

 private:
  const LogFormat format_;
  const LogLevel least_;
  const bool has_view_;
  std::mutex mutex_;
  LiveView view_;
  std::vector<std::string> shown_;
};

}  // namespace deltaic::ingest
