#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"
#include "table/snapshot.h"
#include "table/table.h"

namespace deltaic::capi {

// The JSON documents of deltaic.h; their keys are documented there.
std::string FormatMetadata(const Metadata& metadata);
std::string FormatProtocol(const Protocol& protocol);
std::string FormatDomains(const std::vector<DomainMetadata>& domains);
Result<std::string> FormatDetails(const Snapshot& snapshot);
std::string FormatHistory(const std::vector<HistoryEntry>& history);

}  // namespace deltaic::capi
