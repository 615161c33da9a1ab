#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"

namespace deltaic {

/// Kind of a table feature: writers only, or readers and writers.
enum class FeatureKind { kWriter, kReaderWriter };

/// What this build does with a feature. One row a feature in `table_features.cc`;
/// docs/protocol-coverage.md repeats it.
struct TableFeature {
  std::string_view name;
  FeatureKind kind;
  int legacy_reader_version;  ///< reader version that implies it, or 0
  int legacy_writer_version;  ///< writer version that implies it, or 0
  bool can_read;              ///< this build reads tables that have it
  bool can_write;             ///< this build writes tables that have it in their protocol
  std::string_view summary;   ///< what it is in a few words, for messages
};

/// nullptr for a name this build has never heard of.
const TableFeature* FindTableFeature(std::string_view name);

/// The features a protocol has, explicit or implied by a legacy version: known ones in the order of
/// the table above, then the unknown in the order of the protocol. columnMapping counts where
/// either list has it, since some writers leave it out of readerFeatures.
std::vector<std::string> ProtocolFeatures(const Protocol& protocol);
bool ProtocolHasFeature(const Protocol& protocol, std::string_view name);

/// Whether the commits come from the catalog that manages the table.
enum class CatalogAccess { kNone, kGiven };

/// kUnsupported, naming every feature or version this build cannot read; kCorruption where the
/// protocol action breaks the specification (a reader feature missing from writerFeatures, features
/// with a version that has none). A table that a catalog manages is readable with `catalog` only.
Status CheckReadable(const Protocol& protocol, CatalogAccess catalog = CatalogAccess::kNone);
/// CheckReadable, and the same for writing. `metadata` decides whether a rule stands where no write
/// can follow it (a generated column inside a struct, an invariant inside an array): refused by
/// name.
Status CheckWritable(const Protocol& protocol, const Metadata& metadata);

/// The lowest protocol that holds `features` over `base`: legacy versions while they suffice, else
/// (3,7) or (·,7) with lists, all features that the old versions implied among them. `base` itself
/// where it holds them all.
/// \param features  names; one that FindTableFeature does not know counts as a reader and writer
/// feature.
Protocol UpgradeProtocol(const Protocol& base, const std::vector<std::string>& features);

}  // namespace deltaic
