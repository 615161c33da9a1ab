#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "protocol/actions.h"
#include "storage/object_store.h"

namespace deltaic {

/// A file of a table that cannot be read, since something it is made of is gone.
struct MissingFile {
  size_t index;      ///< of the add
  std::string path;  ///< of what is gone, below the table's root or outside: its data, or its
                     ///< deletion vector
};

/// What the store says of the files that an add is made of.
struct FileLook {
  std::string data_path, vector_path;  ///< below the table's root or outside; empty: none
  bool has_data = true, has_vector = true;
  /// Its data has another size than the log says, or its deletion vector does not fit in its file.
  bool has_odd_size = false;
};

/// One for each add: asks the store for each file once, on several threads.
/// \retval kCorruption, kUnsupported  a path that this build does not read.  \retval kIo
Result<std::vector<FileLook>> LookAtFiles(const ObjectStore& store, const std::vector<Add>& adds,
                                          const CancellationToken& cancel);

/// Which of `adds` lack their data or the file of their deletion vector: asks the store for each
/// once, on several threads. Ascending by index.
/// \retval kCorruption, kUnsupported  a path that this build does not read.  \retval kIo
Result<std::vector<MissingFile>> FindMissingFiles(const std::shared_ptr<ObjectStore>& store,
                                                  const std::vector<Add>& adds,
                                                  const CancellationToken& cancel);

}  // namespace deltaic
