#include "log/table_state_rebase.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "log/metadata_adoption.h"
#include "protocol/commit_info_json.h"
#include "protocol/row_tracking.h"
#include "protocol/table_features.h"

namespace deltaic {
namespace {

/// Features that give rows or files a form or a rule which work begun without them lacks.
constexpr std::string_view kNotUnderway[] = {
    "invariants",           "checkConstraints",           "generatedColumns",
    "identityColumns",      "allowColumnDefaults",        "clustering",
    "variantType",          "variantType-preview",        "variantShredding",
    "geospatial",           "variantShredding-preview",   "materializePartitionColumns",
    "checkpointProtection", "coordinatedCommits-preview",
};

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::optional<std::string> RefuseNewProtocol(const Protocol& before, const Protocol& after,
                                             const Metadata& metadata) {
  const std::vector<std::string> had = ProtocolFeatures(before);
  const std::vector<std::string> has = ProtocolFeatures(after);
  for (const std::string& name : had) {
    if (!Contains(has, name)) {
      return Concat("changed the table's protocol (it dropped the feature ", name, ")");
    }
  }
  for (const std::string_view name : kNotUnderway) {
    if (Contains(has, name) && !Contains(had, name)) {
      return Concat("changed the table's protocol (it added the feature ", name, ")");
    }
  }
  const Status writable = CheckWritable(after, metadata);
  if (writable.ok()) return std::nullopt;
  return Concat("changed the table's protocol: ", writable.message());
}

std::optional<std::string> TakeProtocol(StagedCommit& mine, const SortedWinner& winner) {
  if (winner.protocol == nullptr) return std::nullopt;
  if (mine.protocol) return "changed the table's protocol, as this transaction does";
  const Metadata& metadata = winner.metadata ? *winner.metadata : *mine.base.metadata;
  if (auto reason = RefuseNewProtocol(*mine.base.protocol, *winner.protocol, metadata)) {
    return reason;
  }
  mine.base.protocol = *winner.protocol;
  return std::nullopt;
}

bool IsIdentityUpdate(const SortedWinner& winner) {
  if (winner.info == nullptr) return false;
  const StringMap tags = CommitTags(*winner.info);
  const auto tag = tags.find("delta.identity.schemaUpdate");
  return tag != tags.end() && tag->second == "true";
}

std::optional<std::string> TakeMetadata(StagedCommit& mine, const SortedWinner& winner) {
  if (winner.metadata == nullptr) return std::nullopt;
  if (mine.metadata) return "changed the table's metadata, as this transaction does";
  if (auto reason = RefuseNewMetadata(*mine.base.metadata, *winner.metadata, *mine.base.protocol,
                                      IsIdentityUpdate(winner))) {
    return reason;
  }
  // Rows were moved by someone who did not know that their ids had to be kept.
  const Protocol& protocol = *mine.base.protocol;
  if (!TracksRows(protocol, *mine.base.metadata) && TracksRows(protocol, *winner.metadata)) {
    mine.preserves_row_ids = false;
  }
  mine.base.metadata = *winner.metadata;
  return std::nullopt;
}

std::optional<std::string> CheckTransactions(const StagedCommit& mine, const SortedWinner& winner) {
  for (const Txn* txn : winner.txns) {
    if (std::ranges::find(mine.txns, txn->app_id, &Txn::app_id) != mine.txns.end()) {
      return Concat("committed version ", txn->version, " of application '", txn->app_id,
                    "', to which this transaction belongs too");
    }
  }
  return std::nullopt;
}

std::optional<std::string> TakeDomains(StagedCommit& mine, const SortedWinner& winner) {
  for (const DomainMetadata* domain : winner.domains) {
    // Every commit writes it, and the loser gives its rows new ids.
    if (domain->domain == kRowTrackingDomain) {
      mine.base.row_id_high_water_mark =
          std::max(mine.base.row_id_high_water_mark,
                   ParseRowIdHighWaterMark(domain->configuration).value_or(-1));
      continue;
    }
    if (std::ranges::find(mine.domains, domain->domain, &DomainMetadata::domain) !=
        mine.domains.end()) {
      return Concat("changed the metadata domain '", domain->domain, "', as this transaction does");
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> RebaseTableState(StagedCommit& mine, const SortedWinner& winner,
                                            std::optional<TimestampMs> file_time) {
  if (auto reason = TakeProtocol(mine, winner)) return reason;
  if (auto reason = TakeMetadata(mine, winner)) return reason;
  if (auto reason = CheckTransactions(mine, winner)) return reason;
  if (auto reason = TakeDomains(mine, winner)) return reason;
  mine.base.version = winner.version;
  std::optional<int64_t> time_ms;
  if (winner.info != nullptr) time_ms = winner.info->in_commit_timestamp;
  if (!time_ms && file_time) time_ms = file_time->value;
  if (time_ms) mine.base.time_ms = std::max(mine.base.time_ms.value_or(*time_ms), *time_ms);
  return std::nullopt;
}

}  // namespace deltaic
