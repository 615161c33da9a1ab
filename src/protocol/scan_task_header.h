#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"

namespace deltaic {

/// What a serialized scan task says before the actions of the log. Ours, not the specification's.
struct ScanTaskHeader {
  std::string table;  ///< URI
  Version version;
  std::vector<std::string> columns;
  std::vector<std::string> metadata_columns;
  std::string predicate;        ///< SQL; empty = all rows
  int64_t now_micros = 0;       ///< the time that CURRENT_TIMESTAMP in it stands for
  std::string time_zone;        ///< of the session that it is bound in; empty = UTC
  std::vector<int64_t> ranges;  ///< begin and end of each file's bytes; empty = all files are whole
};

/// One line of JSON without the line end.
std::string FormatScanTaskHeader(const ScanTaskHeader& header);
/// \param json  untrusted. Ranges are not checked. \retval kCorruption
Result<ScanTaskHeader> ParseScanTaskHeader(std::string_view json);

}  // namespace deltaic
