#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "data/read/data_read_spec.h"

namespace deltaic {

/// Into how many parts files are shared out. At most one of the two is set; neither: 128 MiB each.
struct SplitOptions {
  std::optional<int64_t> max_parts;
  std::optional<int64_t> target_bytes;  ///< of one part
};

/// A file, or a range of its bytes.
struct FilePiece {
  size_t file = 0;
  FileRange range;
  bool operator==(const FilePiece&) const = default;
};

/// Shares files of these sizes out, so that each part has about as many bytes to read. A file
/// larger than a part is cut; opening a file counts too. Every byte of [0, max) of each file is in
/// one part. Pieces stand in the order of the files; no part is empty.
/// \param sizes  untrusted: negative ones count as 0.
/// \retval kInvalidArgument  an option that is not positive, more than 100000 parts, or both.
Result<std::vector<std::vector<FilePiece>>> SplitFiles(std::span<const int64_t> sizes,
                                                       const SplitOptions& options);

}  // namespace deltaic
