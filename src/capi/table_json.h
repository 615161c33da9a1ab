#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "capi/json_table.h"
#include "protocol/actions.h"
#include "table/snapshot.h"
#include "table/table.h"

/// The JSON documents about a table.
namespace deltaic::capi {

const JsonTable<Metadata>& MetadataJson();
const JsonTable<Protocol>& ProtocolJson();

struct TableDetails {
  int64_t version = 0, timestamp = 0;
  Snapshot::FileTotals totals;
  std::vector<std::string> features;
};
/// Counts every file. \retval kCorruption
Result<TableDetails> DetailsOf(const Snapshot& snapshot);
const JsonTable<TableDetails>& DetailsJson();

/// {"domain":"its configuration"}
std::string FormatDomains(const std::vector<DomainMetadata>& domains);

const JsonTable<HistoryEntry>& HistoryEntryJson();
/// An array of entries.
std::string FormatHistory(const std::vector<HistoryEntry>& history);

}  // namespace deltaic::capi
