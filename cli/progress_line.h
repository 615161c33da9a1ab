#pragma once

#include <cstdint>
#include <string>

namespace deltaic::cli {

/// How far a long work is.
struct ProgressState {
  std::string unit;  ///< "rows"
  std::string verb;  ///< "written"
  int64_t done = 0;
  int64_t total = 0;  ///< 0 where it is not known
  double seconds = 0;
};

/// One line of at most `width` columns: with a known total a bar, percent, count, rate and time
/// left, else count, rate and time taken. What does not fit is left out from the end.
std::string ProgressLine(const ProgressState& state, int width);

}  // namespace deltaic::cli
