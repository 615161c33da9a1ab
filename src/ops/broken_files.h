#pragma once

#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "protocol/actions.h"
#include "table/snapshot.h"

namespace deltaic {

/// A file of a table that cannot be read.
struct BrokenFile {
  size_t index;        ///< of the add
  std::string path;    ///< of what is wrong: its data, or its deletion vector
  std::string reason;  ///< "missing", or what reading it said
};

struct BrokenFileSearch {
  bool read_all = false;  ///< else only files whose size is not what the log says
  int num_threads = 0;    ///< 0 = cores
  CancellationToken cancel = CancellationToken::None();
};

/// Which of `adds`, live files of `snapshot`, cannot be read: those of which the data or the
/// deletion vector is gone, and those that are damaged, which are read for it, all rows and
/// columns. Ascending by index.
/// \retval kUnsupported  a path or a type that this build does not read.
/// \retval kIo  reading failed for a reason that is not the file's.
Result<std::vector<BrokenFile>> FindBrokenFiles(const SnapshotPtr& snapshot,
                                                const std::vector<Add>& adds,
                                                const BrokenFileSearch& search);

}  // namespace deltaic
