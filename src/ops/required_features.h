#pragma once

#include <string>
#include <vector>

#include "protocol/actions.h"
#include "protocol/schema.h"

namespace deltaic {

/// The table features that these properties and this schema put to use, for UpgradeProtocol().
/// Source: PROTOCOL.md, "Valid Feature Names in Table Features".
std::vector<std::string> RequiredFeatures(const StringMap& configuration, const Schema& schema);

/// `features` with those that they cannot be without. Source: PROTOCOL.md, the features' sections.
std::vector<std::string> WithDependencies(std::vector<std::string> features);

}  // namespace deltaic
