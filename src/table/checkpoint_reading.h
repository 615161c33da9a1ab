#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/status.h"
#include "log/file_key_set.h"
#include "table/file_listing.h"

namespace deltaic {

/// The reading of one checkpoint by many sources. Where one of them comes upon damage, all of them
/// end, each after a whole batch, and this knows what they gave until then.
class CheckpointReading {
 public:
  explicit CheckpointReading(std::shared_ptr<const FileListing> listing);
  CheckpointReading(const CheckpointReading&) = delete;

  /// A source of what `filter` keeps of a part; both go on using `reading`.
  static std::unique_ptr<BatchSource> ReadPart(const std::shared_ptr<CheckpointReading>& reading,
                                               std::shared_ptr<const CheckpointFile> file,
                                               const RowGroupPart& part,
                                               CheckpointKeyFilter filter);

  /// The damage that ended the sources; ok if there was none. Safe from any thread.
  Status damage() const;

  /// Adds the keys that the sources read through, once they have ended: reads these a second time,
  /// so that listings without damage keep none.
  Status CollectKeys(int num_threads, FileKeySet& out) const;

 private:
  /// How much of a part was given. Its source's alone until that ends.
  struct Part {
    std::shared_ptr<const CheckpointFile> file;
    RowGroupPart rows;
    int64_t batches = 0;
  };
  class PartSource;

  Status CollectKeys(const Part& part, FileKeySet& out) const;
  void SetDamage(const Status& status);

  const std::shared_ptr<const FileListing> listing_;
  std::vector<std::unique_ptr<Part>> parts_;
  mutable std::mutex mutex_;
  Status damage_;  ///< the first; guarded by mutex_
};

}  // namespace deltaic
