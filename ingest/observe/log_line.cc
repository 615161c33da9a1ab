#include "ingest/observe/log_line.h"

#include "base/civil_time.h"
#include "base/status.h"
#include "protocol/json.h"

namespace deltaic::ingest {

std::string LogLine(LogFormat format, LogLevel level, std::string_view text, int64_t now_ms) {
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  const std::string_view name = kNames[static_cast<size_t>(level)];
  const std::string time = FormatTimestampMillis(now_ms * 1000, 'T', "Z");
  if (format == LogFormat::kJson) {
    JsonWriter json;
    json.BeginObject();
    json.Key("timestamp").String(time);
    json.Key("level").String(name);
    json.Key("message").String(text);
    return json.EndObject().Take();
  }
  std::string line = Concat(time, ' ', name, ' ', text);
  for (char& c : line) c = c == '\n' || c == '\r' ? ' ' : c;
  return line;
}

}  // namespace deltaic::ingest
