#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/checkpoint/checkpoint_file.h"
#include "protocol/actions.h"

namespace deltaic {

/// Which actions ReadCheckpointState wants; the columns of the others are not touched.
struct StateColumns {
  bool protocol = false;
  bool metadata = false;
  bool txns = false;
  bool domains = false;
  bool sidecars = false;
};

/// The actions of a checkpoint that are not files.
struct CheckpointState {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<Txn> txns;
  std::vector<DomainMetadata> domains;
  std::vector<Sidecar> sidecars;
};

/// Adds what `file` has of `wanted` to `out`. Row groups without such rows are skipped by their
/// statistics, and of the others only the rows that hold something are decoded. \retval kCorruption
/// damaged, or a required field missing.
Status ReadCheckpointState(const CheckpointFile& file, const StateColumns& wanted,
                           CheckpointState& out);

}  // namespace deltaic
