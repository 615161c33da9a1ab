#include "ingest/commit/positions.h"

#include <charconv>

namespace deltaic::ingest {

std::string PositionId(std::string_view app_id, int32_t partition) {
  return Concat(app_id, '-', partition);
}

Result<std::map<int32_t, int64_t>> LoadPositions(const Snapshot& snapshot,
                                                 std::string_view app_id) {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<Txn> txns, snapshot.Transactions());
  std::map<int32_t, int64_t> out;
  for (const Txn& txn : txns) {
    std::string_view rest = txn.app_id;
    if (!rest.starts_with(app_id)) continue;
    rest.remove_prefix(app_id.size());
    if (!rest.starts_with('-')) continue;
    rest.remove_prefix(1);
    int32_t partition = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), partition);
    if (error != std::errc() || end != rest.data() + rest.size() || partition < 0) continue;
    // "app-01" is somebody else's.
    if (PositionId(app_id, partition) == txn.app_id) out[partition] = txn.version;
  }
  return out;
}

std::vector<Txn> MakePositions(const std::map<int32_t, int64_t>& positions, std::string_view app_id,
                               int64_t now_ms) {
  std::vector<Txn> out;
  for (const auto& [partition, offset] : positions) {
    out.push_back(Txn{PositionId(app_id, partition), offset, now_ms});
  }
  return out;
}

}  // namespace deltaic::ingest
