#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/log_sink.h"

namespace deltaic::ingest {

enum class LogFormat { kText, kJson };

/// One line of the log, without its end: time, level, text; or a JSON object with "timestamp",
/// "level" and "message". Line ends in `text` become spaces.
std::string LogLine(LogFormat format, LogLevel level, std::string_view text, int64_t now_ms);

}  // namespace deltaic::ingest
