#pragma once

#include <optional>
#include <string>

#include "protocol/actions.h"

namespace deltaic {

/// Why work done under `before` cannot be committed under `after`, to be put after "it"; nullopt if
/// it can: the winner only turned on what such work need not know of.
/// \param identity_only  the winner says that it did no more than count an identity column on.
/// \param protocol  the winner's, or that before it.
std::optional<std::string> RefuseNewMetadata(const Metadata& before, const Metadata& after,
                                             const Protocol& protocol, bool identity_only);

}  // namespace deltaic
