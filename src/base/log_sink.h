#pragma once

#include <functional>
#include <string_view>

namespace deltaic {

enum class LogLevel : int { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

/// Receives one message without a line end. May be called from any thread.
using LogSink = std::function<void(LogLevel level, std::string_view message)>;

/// Sets where messages go; an empty sink (the default) drops them. Safe from any thread.
void SetLogSink(LogSink sink);

/// Sends one message to the sink. Never carries credentials or signed URLs.
void Log(LogLevel level, std::string_view message);

}  // namespace deltaic
