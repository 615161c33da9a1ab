#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/deletion_vector/deletion_vector.h"
#include "protocol/actions.h"
#include "storage/object_store.h"

namespace deltaic {

/// Stores the deletion vectors of many data files in few files, `deletion_vector_<uuid>.bin` in the
/// table's folder, as Spark does. Nobody sees them until a commit names them: what becomes of the
/// files after a failure is the caller's. One thread at a time.
/// Source: PROTOCOL.md, "Deletion Vectors".
class DeletionVectorWriter {
 public:
  /// \param store  outlives this.
  explicit DeletionVectorWriter(ObjectStore& store) : store_(store) {}

  /// \return the descriptor for the add action. It is good once Finish() returned ok.
  /// \retval kUnsupported  one that no file can hold.
  Result<DeletionVectorDescriptor> Write(const DeletionVector& vector);
  /// Makes all of them durable.
  Status Finish();
  /// All files begun, as store paths; some may not exist after a failure.
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  Status Flush();

  ObjectStore& store_;
  std::vector<std::string> paths_;
  std::string encoded_uuid_;  ///< of the open file
  std::string bytes_;         ///< of the open file; empty: none is open
};

}  // namespace deltaic
