#include "ingest/observe/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "table/clock.h"

namespace deltaic::ingest {
namespace {

constexpr size_t kMostRows = 40;

}  // namespace

void Console::Write(LogLevel level, std::string_view text) {
  if (level < least_) return;
  std::string out = LogLine(format_, level, text, NowMs()) + "\n";
  const std::lock_guard lock(mutex_);
  if (!shown_.empty()) {
    out.insert(0, view_.Clear());
    out += view_.Draw(shown_);
  }
  std::fwrite(out.data(), 1, out.size(), stderr);
  std::fflush(stderr);
}

void Console::Show(const IngestStatus& status) {
  if (!has_view_) return;
  size_t columns = 110, rows = kMostRows;
  winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 3) {
    columns = size.ws_col;
    rows = std::min<size_t>(size.ws_row - 1, kMostRows);
  }
  const std::lock_guard lock(mutex_);
  shown_ = view_.Lines(status, NowMs(), columns, rows);
  const std::string out = view_.Draw(shown_);
  std::fwrite(out.data(), 1, out.size(), stderr);
  std::fflush(stderr);
}

}  // namespace deltaic::ingest
