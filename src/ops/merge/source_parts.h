#pragma once

#include <arrow/type_fwd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/read/data_read_spec.h"
#include "ops/merge/merge_plan.h"
#include "ops/spill_file.h"

namespace deltaic {

/// Rows of a merge's source that are in memory at once.
struct SourcePart {
  std::shared_ptr<arrow::RecordBatch> rows;  ///< of plain columns, all nullable
  /// Where each was in the source, from 0; nullptr: as they are numbered.
  std::shared_ptr<arrow::Int64Array> numbers;
  /// False: no row of any table matches them.
  bool may_match = true;
  /// Passes the table's rows that are this part's to look at, whether or not they match: each row
  /// is one part's. Unset where all are.
  std::optional<RowTest> share;
};

/// The rows of a merge's source, in parts that memory has room for. Where they are more than one,
/// rows are shared out by a hash of their keys, so that a row of the table has all its matches in
/// one part, and wait in a temporary file that has no name. One thread at a time.
class SourceParts {
 public:
  struct Limits {
    int64_t memory_bytes = 0;  ///< of rows; 0: a quarter of the machine's
    int64_t spill_bytes = 0;   ///< of the temporary file; 0: any
  };

  /// Reads all of `source`. \param plan  outlives this.
  /// \retval kInvalidArgument  it is larger than memory, and ON has no keys to share it out by, or
  /// too many rows have one key.  \retval kIo  the temporary file grows too large.
  static Result<std::unique_ptr<SourceParts>> Read(arrow::RecordBatchReader& source,
                                                   const MergePlan& plan, Limits limits,
                                                   const CancellationToken& cancel);
  ~SourceParts();

  int64_t num_rows() const { return num_rows_; }  ///< of the source
  size_t size() const { return parts_.size(); }   ///< at least 1
  /// Once each.
  Result<SourcePart> Load(size_t part);

 private:
  using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
  static constexpr size_t kFan = 256;
  /// Rows whose hashes are next to each other.
  struct Bucket {
    std::vector<BatchPtr> held;
    std::vector<SpillFile::Extent> spilled;
    int64_t num_rows = 0, num_bytes = 0;  ///< of both
  };
  using Buckets = std::array<Bucket, kFan>;
  struct Part {
    std::vector<SpillFile::Extent> spilled;
    int64_t num_rows = 0, num_bytes = 0;
    uint64_t last_hash = 0;  ///< the first is next to the last of the part before
    bool may_match = true;
  };

  SourceParts(const MergePlan& plan, Limits limits, CancellationToken cancel);
  Status ReadAll(arrow::RecordBatchReader& source);
  Status BeginSharing();
  Status ShareHeld(Buckets& buckets);
  Status Share(const BatchPtr& rows, int level, Buckets& buckets);
  Status WriteOut(Bucket& bucket);
  Status WriteAllOut(Buckets& buckets);
  Status AddToParts(Bucket bucket, uint64_t first_hash, int level);
  bool IsTooMuch(int64_t num_rows, int64_t num_bytes) const;
  RowTest ShareOf(size_t part) const;

  const MergePlan& plan_;
  const Limits limits_;
  const CancellationToken cancel_;
  std::shared_ptr<arrow::Schema> schema_;  ///< of the rows
  int64_t num_rows_ = 0;
  std::vector<BatchPtr> held_;  ///< what is not shared out; all of it, where there is one part
  int64_t held_bytes_ = 0;
  std::unique_ptr<SpillFile> spill_;  ///< of rows and their numbers; nullptr: there is one part
  int64_t shared_bytes_ = 0;          ///< what buckets hold
  Bucket matchless_;                  ///< rows whose key is null, or that ON leaves out
  std::vector<Part> parts_;
  size_t num_matching_parts_ = 0;  ///< the first ones
};

}  // namespace deltaic
