#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "storage/store_traits.h"

namespace deltaic {

/// Bytes [offset, offset + size_bytes) of a file.
struct ByteRange {
  int64_t offset = 0;
  int64_t size_bytes = 0;
  int64_t end() const { return offset + size_bytes; }
  bool operator==(const ByteRange&) const = default;
};

/// The requests that bring `ranges` soonest: neighbours joined over holes that cost less than
/// another request, long ones in parts. They are ascending, and hold every byte of `ranges`.
/// \param ranges  ascending by offset, not overlapping.
std::vector<ByteRange> PlanRequests(const std::vector<ByteRange>& ranges,
                                    const StoreTraits& traits);

/// Brings ranges of a file, as many requests at once as the store takes. The requests are made by
/// shared threads, and by whoever asks for bytes that none of them has asked for yet, so that it
/// goes on even where no thread is free. Safe from any thread.
class RangeFetch {
 public:
  /// Begins. \param ranges  as of PlanRequests().
  static std::shared_ptr<RangeFetch> Start(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                           const std::vector<ByteRange>& ranges,
                                           const StoreTraits& traits);
  /// No more requests begin; waits for those under way, which cancellation of the file's store
  /// ends.
  ~RangeFetch();

  /// The bytes of `range`, which lies in one of the ranges; waits for them. Fewer where the file
  /// ends. Errors are those of the file.
  Result<std::shared_ptr<arrow::Buffer>> Read(ByteRange range);
  /// Waits until all have come, or failed: Read() says.
  void Wait();

 private:
  struct State;
  explicit RangeFetch(std::shared_ptr<State> state);
  const std::shared_ptr<State> state_;  ///< of the tasks too
};

}  // namespace deltaic
