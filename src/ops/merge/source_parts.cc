#include "ops/merge/source_parts.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

#include "data/eval/row_filter.h"
#include "data/values/type_mapping.h"
#include "data/write/pending_rows.h"
#include "expr/bind.h"
#include "ops/merge/key_table.h"
#include "ops/merge/merge_join.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Rows of a part are numbered by 32 bits.
constexpr int64_t kMaxRows = std::numeric_limits<int32_t>::max() - 1;
/// A column of texts has no room for more.
constexpr int64_t kMaxColumnBytes = std::numeric_limits<int32_t>::max() - (int64_t{1} << 20);
/// Buckets differ in so many bits of the hash.
constexpr int kFanBits = 8;
/// So many bits tell keys apart, but for one key that too many rows have.
constexpr int kMaxLevels = 3;
/// Rows are shared out so many at a time.
constexpr int64_t kSharedRows = 64 * 1024;

int64_t QuarterOfMemory() {
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  const int64_t page_bytes = sysconf(_SC_PAGE_SIZE);
  constexpr int64_t kUnknown = int64_t{1} << 30;
  return pages > 0 && page_bytes > 0 ? pages * page_bytes / 4 : kUnknown;
}

std::shared_ptr<arrow::Schema> AllNullable(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) fields.push_back(field->WithNullable(true));
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::Schema> WithNumber(const arrow::Schema& schema) {
  arrow::FieldVector fields = schema.fields();
  fields.push_back(arrow::field("number", arrow::int64()));
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::RecordBatch>> Joined(
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches,
    const std::shared_ptr<arrow::Schema>& schema) {
  if (batches.size() == 1) return std::move(batches.front());
  if (batches.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(auto none, arrow::RecordBatch::MakeEmpty(schema));
    return none;
  }
  auto joined = arrow::ConcatenateRecordBatches(batches);
  if (!joined.ok()) {
    return AsStatus(joined.status())
        .WithContext("the source of the merge does not fit into one batch; merge it in parts");
  }
  return *std::move(joined);
}

/// By the bits that a hash table of the same keys looks at least, so that a part's keys are spread
/// over all of its slots.
Result<std::vector<uint64_t>> ShareHashes(const arrow::ArrayVector& keys) {
  DELTAIC_ASSIGN_OR_RETURN(std::vector<uint64_t> hashes, KeyTable::Hashes(keys));
  for (uint64_t& hash : hashes) hash = std::rotl(hash, 32);
  return hashes;
}

/// Without what each batch costs, however few rows it has: those of a part are joined.
int64_t RowBytes(const arrow::RecordBatch& batch) {
  return BatchBytes(batch) - BatchBytes(*batch.Slice(0, 0));
}

bool HasNull(const arrow::ArrayVector& keys, int64_t row) {
  return std::ranges::any_of(keys, [row](const auto& key) { return key->IsNull(row); });
}

}  // namespace

SourceParts::SourceParts(const MergePlan& plan, Limits limits, CancellationToken cancel)
    : plan_(plan), limits_(limits), cancel_(std::move(cancel)) {}

SourceParts::~SourceParts() = default;

Result<std::unique_ptr<SourceParts>> SourceParts::Read(arrow::RecordBatchReader& source,
                                                       const MergePlan& plan, Limits limits,
                                                       const CancellationToken& cancel) {
  if (limits.memory_bytes == 0) limits.memory_bytes = QuarterOfMemory();
  std::unique_ptr<SourceParts> parts(new SourceParts(plan, limits, cancel));
  DELTAIC_RETURN_IF_ERROR(parts->ReadAll(source));
  return parts;
}

bool SourceParts::IsTooMuch(int64_t num_rows, int64_t num_bytes) const {
  // What is read back lies in memory twice while it is put together.
  const int64_t limit =
      spill_ == nullptr ? limits_.memory_bytes : std::max<int64_t>(1, limits_.memory_bytes / 2);
  const bool can_share = !plan_.keys.empty();
  if (num_rows <= 1) return false;
  return num_rows > kMaxRows || num_bytes > (can_share ? std::min(limit, kMaxColumnBytes) : limit);
}

Status SourceParts::ReadAll(arrow::RecordBatchReader& source) {
  DELTAIC_ASSIGN_OR_RETURN(const auto exact, ToArrowSchema(*plan_.source_schema));
  schema_ = AllNullable(*exact);
  auto buckets = std::make_unique<Buckets>();
  while (true) {
    DELTAIC_RETURN_IF_ERROR(cancel_.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, source.Next());
    if (batch == nullptr) break;
    if (batch->num_rows() == 0) continue;
    DELTAIC_ASSIGN_OR_RETURN(auto plain, ConformBatch(batch, schema_));
    held_bytes_ += BatchBytes(*plain);
    num_rows_ += plain->num_rows();
    held_.push_back(std::move(plain));
    if (spill_ == nullptr && !IsTooMuch(num_rows_, held_bytes_)) continue;
    if (spill_ == nullptr) DELTAIC_RETURN_IF_ERROR(BeginSharing());
    DELTAIC_RETURN_IF_ERROR(ShareHeld(*buckets));
  }
  if (spill_ == nullptr) {
    parts_.emplace_back();
    num_matching_parts_ = 1;
    return Status();
  }
  DELTAIC_RETURN_IF_ERROR(WriteAllOut(*buckets));
  for (size_t i = 0; i < kFan; ++i) {
    DELTAIC_RETURN_IF_ERROR(
        AddToParts(std::move((*buckets)[i]), uint64_t{i} << (64 - kFanBits), 1));
  }
  // The table's rows are to be looked at once, whatever the source has.
  if (parts_.empty()) parts_.emplace_back();
  parts_.back().last_hash = std::numeric_limits<uint64_t>::max();
  num_matching_parts_ = parts_.size();
  for (const SpillFile::Extent& extent : std::exchange(matchless_.spilled, {}))
    parts_.push_back({.spilled = {extent}, .may_match = false});
  return Status();
}

/// Puts what was read into buckets.
Status SourceParts::ShareHeld(Buckets& buckets) {
  int64_t row = num_rows_;
  for (const BatchPtr& rows : held_) row -= rows->num_rows();
  for (BatchPtr& rows : held_) {
    std::vector<int64_t> numbers(static_cast<size_t>(rows->num_rows()));
    std::iota(numbers.begin(), numbers.end(), row);
    row += rows->num_rows();
    arrow::ArrayVector columns = rows->columns();
    columns.push_back(std::make_shared<arrow::Int64Array>(
        rows->num_rows(), arrow::Buffer::FromVector(std::move(numbers))));
    DELTAIC_RETURN_IF_ERROR(
        Share(arrow::RecordBatch::Make(WithNumber(*schema_), rows->num_rows(), std::move(columns)),
              /*level=*/0, buckets));
    rows.reset();
  }
  held_.clear();
  held_bytes_ = 0;
  return Status();
}

Status SourceParts::BeginSharing() {
  if (plan_.keys.empty()) {
    return Status::InvalidArgument(
        "the source of the merge has more than ",
        num_rows_ > kMaxRows ? kMaxRows : limits_.memory_bytes,
        num_rows_ > kMaxRows ? " rows" : " bytes", ", and ON (", plan_.on->ToSql(),
        ") has no equality between both tables by which it could be taken in parts; merge it in "
        "parts, or raise max_source_bytes");
  }
  spill_ = std::make_unique<SpillFile>(WithNumber(*schema_), limits_.spill_bytes);
  return Status();
}

/// Puts rows, which have their numbers, into the buckets of their hashes.
Status SourceParts::Share(const BatchPtr& rows, int level, Buckets& buckets) {
  for (int64_t begin = 0; begin < rows->num_rows(); begin += kSharedRows) {
    DELTAIC_RETURN_IF_ERROR(cancel_.Check());
    const BatchPtr some = rows->Slice(begin, kSharedRows);
    DELTAIC_ASSIGN_OR_RETURN(const auto keys, EvaluateKeys(plan_.keys, &MergeKey::source, *some));
    DELTAIC_ASSIGN_OR_RETURN(const auto hashes, ShareHashes(keys));
    std::shared_ptr<arrow::BooleanArray> wanted;
    if (plan_.source_filter != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(wanted, EvaluatePredicate(*plan_.source_filter, *some));
    }
    std::array<std::vector<int64_t>, kFan + 1> shares;
    for (int64_t row = 0; row < some->num_rows(); ++row) {
      const bool is_left_out = HasNull(keys, row) ||
                               (wanted != nullptr && !(wanted->IsValid(row) && wanted->Value(row)));
      const int shift = 64 - (level + 1) * kFanBits;
      const size_t at = is_left_out ? kFan : (hashes[static_cast<size_t>(row)] >> shift) % kFan;
      shares[at].push_back(row);
    }
    for (size_t i = 0; i < shares.size(); ++i) {
      // Where nothing is inserted, rows that match nothing are of no use.
      if (shares[i].empty() || (i == kFan && plan_.not_matched.empty())) continue;
      Bucket& bucket = i == kFan ? matchless_ : buckets[i];
      DELTAIC_ASSIGN_OR_RETURN(bucket.held.emplace_back(), TakeRows(some, shares[i]));
      bucket.num_rows += bucket.held.back()->num_rows();
      bucket.num_bytes += RowBytes(*bucket.held.back());
      shared_bytes_ += BatchBytes(*bucket.held.back());
    }
    if (shared_bytes_ > limits_.memory_bytes / 4) DELTAIC_RETURN_IF_ERROR(WriteAllOut(buckets));
  }
  return Status();
}

Status SourceParts::WriteOut(Bucket& bucket) {
  if (bucket.held.empty()) return Status();
  for (const BatchPtr& rows : bucket.held) shared_bytes_ -= BatchBytes(*rows);
  DELTAIC_ASSIGN_OR_RETURN(const BatchPtr rows,
                           Joined(std::exchange(bucket.held, {}), WithNumber(*schema_)));
  DELTAIC_ASSIGN_OR_RETURN(bucket.spilled.emplace_back(), spill_->Write(*rows));
  return Status();
}

Status SourceParts::WriteAllOut(Buckets& buckets) {
  for (Bucket& bucket : buckets) DELTAIC_RETURN_IF_ERROR(WriteOut(bucket));
  return WriteOut(matchless_);
}

/// Adds a bucket, all of it written out, to the last part or to one more. One that is too large is
/// shared out once more.
/// \param first_hash  of the bucket.  \param level  of the buckets in it.
Status SourceParts::AddToParts(Bucket bucket, uint64_t first_hash, int level) {
  if (bucket.num_rows == 0) return Status();
  if (!IsTooMuch(bucket.num_rows, bucket.num_bytes)) {
    if (parts_.empty() || IsTooMuch(parts_.back().num_rows + bucket.num_rows,
                                    parts_.back().num_bytes + bucket.num_bytes)) {
      parts_.emplace_back();
    }
    Part& part = parts_.back();
    part.spilled.insert(part.spilled.end(), bucket.spilled.begin(), bucket.spilled.end());
    part.num_rows += bucket.num_rows;
    part.num_bytes += bucket.num_bytes;
    part.last_hash = first_hash + (~uint64_t{0} >> (level * kFanBits));
    return Status();
  }
  if (level == kMaxLevels) {
    return Status::InvalidArgument(
        "more than ", limits_.memory_bytes / 2,
        " bytes of the source of the merge have one key (ON is ", plan_.on->ToSql(),
        "), and are held in memory; make its keys unique, or raise max_source_bytes");
  }
  auto finer = std::make_unique<Buckets>();
  for (const SpillFile::Extent& extent : bucket.spilled) {
    DELTAIC_ASSIGN_OR_RETURN(const BatchPtr rows, spill_->Read(extent));
    DELTAIC_RETURN_IF_ERROR(Share(rows, level, *finer));
  }
  DELTAIC_RETURN_IF_ERROR(WriteAllOut(*finer));
  for (size_t i = 0; i < kFan; ++i) {
    const uint64_t offset = uint64_t{i} << (64 - (level + 1) * kFanBits);
    DELTAIC_RETURN_IF_ERROR(AddToParts(std::move((*finer)[i]), first_hash + offset, level + 1));
  }
  return Status();
}

RowTest SourceParts::ShareOf(size_t part) const {
  RowTest test{.columns = TargetKeyColumns(plan_), .test = {}};
  const bool is_first = part == 0;
  const uint64_t first = is_first ? 0 : parts_[part - 1].last_hash + 1;
  const uint64_t last = parts_[part].last_hash;
  test.test = [this, is_first, first, last](
                  const arrow::RecordBatch& rows) -> Result<std::shared_ptr<arrow::BooleanArray>> {
    DELTAIC_ASSIGN_OR_RETURN(const auto keys, EvaluateKeys(plan_.keys, &MergeKey::target, rows));
    DELTAIC_ASSIGN_OR_RETURN(const auto hashes, ShareHashes(keys));
    arrow::BooleanBuilder mine;
    DELTAIC_RETURN_IF_ERROR(mine.Reserve(rows.num_rows()));
    for (int64_t row = 0; row < rows.num_rows(); ++row) {
      const uint64_t hash = hashes[static_cast<size_t>(row)];
      // A key that is null has a hash of no meaning.
      mine.UnsafeAppend(HasNull(keys, row) ? is_first : first <= hash && hash <= last);
    }
    DELTAIC_ASSIGN_OR_RETURN(auto out, mine.Finish());
    return std::static_pointer_cast<arrow::BooleanArray>(out);
  };
  return test;
}

Result<SourcePart> SourceParts::Load(size_t number) {
  SourcePart out;
  if (spill_ == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(out.rows, Joined(std::exchange(held_, {}), schema_));
    return out;
  }
  const Part& part = parts_[number];
  std::vector<BatchPtr> batches;
  for (const SpillFile::Extent& extent : part.spilled) {
    DELTAIC_RETURN_IF_ERROR(cancel_.Check());
    DELTAIC_ASSIGN_OR_RETURN(batches.emplace_back(), spill_->Read(extent));
  }
  DELTAIC_ASSIGN_OR_RETURN(const BatchPtr rows, Joined(std::move(batches), WithNumber(*schema_)));
  arrow::ArrayVector columns = rows->columns();
  out.numbers = std::static_pointer_cast<arrow::Int64Array>(columns.back());
  columns.pop_back();
  out.rows = arrow::RecordBatch::Make(schema_, rows->num_rows(), std::move(columns));
  out.may_match = part.may_match;
  if (num_matching_parts_ > 1 && part.may_match) out.share = ShareOf(number);
  return out;
}

}  // namespace deltaic
