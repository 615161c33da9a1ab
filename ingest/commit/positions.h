#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "table/snapshot.h"

namespace deltaic::ingest {

/// The application id by which a table remembers a partition, the same as kafka-delta-ingest's:
/// `<app_id>-<partition>`. The version that goes with it is the last offset handled, inclusive.
std::string PositionId(std::string_view app_id, int32_t partition);

/// What `snapshot` remembers of partitions, by partition: the last offset handled.
Result<std::map<int32_t, int64_t>> LoadPositions(const Snapshot& snapshot, std::string_view app_id);

/// The actions that remember `positions`.
std::vector<Txn> MakePositions(const std::map<int32_t, int64_t>& positions, std::string_view app_id,
                               int64_t now_ms);

}  // namespace deltaic::ingest
