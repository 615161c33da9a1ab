#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"

namespace deltaic {

/// What HDFS says of one path.
struct HdfsStatus {
  std::string name;  ///< within the folder that was listed; "" of the path itself
  bool is_folder = false;
  int64_t size_bytes = 0;
  TimestampMs modified;
};

struct HdfsListing {
  std::vector<HdfsStatus> entries;
  int64_t remaining = 0;  ///< entries after these
};

/// \retval kIo  no such answer.
Result<HdfsStatus> ParseHdfsStatus(std::string_view json);
/// Of LISTSTATUS_BATCH. \retval kIo
Result<HdfsListing> ParseHdfsListing(std::string_view json);
/// `{"boolean": …}`. \retval kIo
Result<bool> ParseHdfsBoolean(std::string_view json);

/// A refusal as a Status.
/// \param status  the HTTP status, 300 or more.  \param body  of the answer.
/// \param what  "reading webhdfs://h:9870/t/x".
Status WebHdfsError(int status, std::string_view body, std::string_view what);

/// The name of the Java exception in an error's body, "" where there is none.
std::string HdfsException(std::string_view body);

}  // namespace deltaic
