#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/observe/route_status.h"

namespace deltaic::ingest {

/// What a terminal shows of a run: a table of routes with rates, lag, buffers and commits, drawn
/// again in its place. One thread at a time.
class LiveView {
 public:
  /// The lines for `status`, none longer than `columns`, no more than `rows`. Rates are over the
  /// time since the last call.
  std::vector<std::string> Lines(const IngestStatus& status, int64_t now_ms, size_t columns,
                                 size_t rows);

  /// What puts `lines` in place of those drawn before.
  std::string Draw(const std::vector<std::string>& lines);
  /// What takes the view away, so that other lines can be written; Draw() brings it back below.
  std::string Clear();

 private:
  struct Seen {
    int64_t messages = 0, bytes = 0, at_ms = 0;
    double messages_per_second = 0, bytes_per_second = 0;
  };
  std::map<const Metrics*, Seen> seen_;
  size_t drawn_ = 0;  ///< lines on the screen
};

}  // namespace deltaic::ingest
