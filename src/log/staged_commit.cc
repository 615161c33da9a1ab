#include "log/staged_commit.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/made_once.h"
#include "protocol/actions_json.h"
#include "protocol/file_stats.h"
#include "protocol/row_tracking.h"
#include "protocol/table_features.h"

namespace deltaic {
namespace {

constexpr const char* kEnablementVersion = "delta.inCommitTimestampEnablementVersion";
constexpr const char* kEnablementTimestamp = "delta.inCommitTimestampEnablementTimestamp";

/// Operations after which each row has the values that it had.
constexpr std::array<std::string_view, 6> kRearranging = {
    "OPTIMIZE", "REORG", "VACUUM START", "VACUUM END", "CLUSTER BY", "ROW TRACKING BACKFILL"};

bool HasDataChange(const StagedCommit& staged) {
  return staged.removes.changes_data() || !staged.cdcs.empty() ||
         std::ranges::any_of(staged.adds, &Add::data_change);
}

bool HasOnlyFiles(const StagedCommit& staged) {
  const bool other_domain = std::ranges::any_of(staged.domains, [](const DomainMetadata& domain) {
    return domain.domain != kRowTrackingDomain;
  });
  return !staged.protocol && !staged.metadata && staged.txns.empty() && !other_domain &&
         !(staged.adds.empty() && staged.removes.empty());
}

Result<int64_t> RowsOf(const Add& add) {
  const auto& no_columns = MadeOnce([] { return DataType::Struct({}); });
  const auto stats = ParseFileStats(add.stats.value_or(""), *no_columns, {});
  if (stats.ok() && stats->num_records && *stats->num_records >= 0) return *stats->num_records;
  return Status::InvalidArgument("the file ", add.path,
                                 " has no numRecords in its statistics, which a table that tracks "
                                 "rows needs; write it with statistics");
}

/// Gives each file that has no row ids the next ones. \return the highest one given away.
Result<int64_t> AssignRowIds(std::vector<Add>& adds, int64_t high_water_mark, Version version) {
  for (Add& add : adds) {
    if (!add.base_row_id) {
      DELTAIC_ASSIGN_OR_RETURN(const int64_t rows, RowsOf(add));
      if (rows > INT64_MAX - 1 - high_water_mark) {
        return Status::InvalidArgument("the table has no row ids left for ", add.path);
      }
      add.base_row_id = high_water_mark + 1;
      high_water_mark += rows;
    }
    if (!add.default_row_commit_version) add.default_row_commit_version = version.value;
  }
  return high_water_mark;
}

/// The metadata with which a commit that turns in-commit timestamps on says so.
std::optional<Metadata> StampedMetadata(const StagedCommit& staged,
                                        std::optional<int64_t> time_ms) {
  const CommitBase& base = staged.base;
  const bool had = !base.version || HasInCommitTimestamps(*base.protocol, *base.metadata);
  if (!time_ms || had) return staged.metadata;
  Metadata stamped = staged.effective_metadata();
  stamped.configuration[kEnablementVersion] = std::to_string(base.Next().value);
  stamped.configuration[kEnablementTimestamp] = std::to_string(*time_ms);
  return stamped;
}

void AppendLine(std::string& out, const Action& action) { out += FormatAction(action) + '\n'; }

template <typename T>
void AppendLines(std::string& out, const std::vector<T>& actions) {
  for (const T& action : actions) AppendLine(out, action);
}

}  // namespace

bool IsBlindAppend(const StagedCommit& staged) {
  const TransactionReads& reads = staged.reads;
  return reads.blind_append && staged.removes.empty() && !reads.read_whole_table &&
         reads.read_predicates.empty() && reads.read_files.empty();
}

CommitIsolation IsolationOf(const StagedCommit& staged) {
  const bool serializable = staged.reads.isolation == IsolationLevel::kSerializable;
  const bool rearranges = HasOnlyFiles(staged) && !HasDataChange(staged);
  if (rearranges &&
      (serializable || std::ranges::find(kRearranging, staged.operation) != kRearranging.end())) {
    return CommitIsolation::kSnapshot;
  }
  return serializable ? CommitIsolation::kSerializable : CommitIsolation::kWriteSerializable;
}

std::string_view IsolationName(CommitIsolation isolation) {
  switch (isolation) {
    case CommitIsolation::kSnapshot:
      return "SnapshotIsolation";
    case CommitIsolation::kWriteSerializable:
      return "WriteSerializable";
    case CommitIsolation::kSerializable:
      break;
  }
  return "Serializable";
}

bool HasInCommitTimestamps(const Protocol& protocol, const Metadata& metadata) {
  return ProtocolHasFeature(protocol, "inCommitTimestamp") &&
         ParseTableProperties(metadata.configuration).enable_in_commit_timestamps;
}

bool TracksRows(const Protocol& protocol, const Metadata& metadata) {
  return ProtocolHasFeature(protocol, "rowTracking") &&
         ParseTableProperties(metadata.configuration).enable_row_tracking;
}

Result<std::string> FormatStagedCommit(const StagedCommit& staged, std::optional<int64_t> time_ms) {
  std::string out;
  if (staged.protocol) AppendLine(out, *staged.protocol);
  if (const auto metadata = StampedMetadata(staged, time_ms)) AppendLine(out, *metadata);
  AppendLines(out, staged.txns);
  AppendLines(out, staged.domains);
  staged.removes.AppendTo(out);
  if (ProtocolHasFeature(staged.effective_protocol(), "rowTracking")) {
    std::vector<Add> adds = staged.adds;
    const int64_t before = staged.base.row_id_high_water_mark;
    DELTAIC_ASSIGN_OR_RETURN(const int64_t after, AssignRowIds(adds, before, staged.base.Next()));
    AppendLines(out, adds);
    if (after != before) {
      AppendLine(out, DomainMetadata{std::string(kRowTrackingDomain),
                                     FormatRowIdHighWaterMark(after), false});
    }
  } else {
    AppendLines(out, staged.adds);
  }
  AppendLines(out, staged.cdcs);
  return out;
}

}  // namespace deltaic
