#include "ops/merge/key_ranges.h"

#include <arrow/array.h>

#include <algorithm>
#include <bit>

namespace deltaic {
namespace {

/// Between least and greatest key, keys are told apart by so many leading bits.
constexpr int kBucketBits = 12;
/// A gap that is a smaller part of all spares too little to look at it.
constexpr uint64_t kLeastGapPart = 1024;
constexpr int64_t kNoRow = -1;

template <typename Array>
class RangeFinder {
 public:
  explicit RangeFinder(const Array& keys) : keys_(keys) {}

  std::vector<KeyRange> Find(size_t most) const {
    const KeyRange all = Whole();
    if (all.least == kNoRow) return {};
    return most == 1 ? std::vector{all} : Joined(Buckets(all), most);
  }

 private:
  int64_t At(int64_t row) const { return static_cast<int64_t>(keys_.Value(row)); }
  /// Between two keys, the greater one first.
  uint64_t Distance(int64_t greater, int64_t less) const {
    return static_cast<uint64_t>(At(greater)) - static_cast<uint64_t>(At(less));
  }
  uint64_t Gap(const KeyRange& before, const KeyRange& after) const {
    return Distance(after.least, before.greatest);
  }

  void Add(int64_t row, KeyRange& range) const {
    if (range.least == kNoRow) range = {row, row};
    if (At(row) < At(range.least)) range.least = row;
    if (At(row) > At(range.greatest)) range.greatest = row;
  }

  KeyRange Whole() const {
    KeyRange all{kNoRow, kNoRow};
    for (int64_t row = 0; row < keys_.length(); ++row) {
      if (keys_.IsValid(row)) Add(row, all);
    }
    return all;
  }

  /// The ranges of keys that have the same leading bits.
  std::vector<KeyRange> Buckets(const KeyRange& all) const {
    const int bits = std::bit_width(Distance(all.greatest, all.least));
    const int shift = std::max(0, bits - kBucketBits);
    std::vector<KeyRange> buckets(size_t{1} << std::min(bits, kBucketBits), {kNoRow, kNoRow});
    for (int64_t row = 0; row < keys_.length(); ++row) {
      if (keys_.IsValid(row)) Add(row, buckets[Distance(row, all.least) >> shift]);
    }
    std::erase_if(buckets, [](const KeyRange& range) { return range.least == kNoRow; });
    return buckets;
  }

  /// Those between the widest gaps.
  std::vector<KeyRange> Joined(const std::vector<KeyRange>& ranges, size_t most) const {
    const uint64_t width = Distance(ranges.back().greatest, ranges.front().least);
    const uint64_t least_gap = std::max<uint64_t>(2, width / kLeastGapPart);
    std::vector<size_t> cuts;  // before these
    for (size_t i = 1; i < ranges.size(); ++i) {
      if (Gap(ranges[i - 1], ranges[i]) >= least_gap) cuts.push_back(i);
    }
    std::ranges::stable_sort(cuts, std::greater(),
                             [&](size_t i) { return Gap(ranges[i - 1], ranges[i]); });
    if (cuts.size() >= most) cuts.resize(most - 1);
    std::ranges::sort(cuts);
    cuts.push_back(ranges.size());
    std::vector<KeyRange> joined;
    size_t begin = 0;
    for (const size_t end : cuts) {
      joined.push_back({ranges[begin].least, ranges[end - 1].greatest});
      begin = end;
    }
    return joined;
  }

  const Array& keys_;
};

template <typename Array>
std::vector<KeyRange> Find(const arrow::Array& keys, size_t most) {
  return RangeFinder(static_cast<const Array&>(keys)).Find(most);
}

}  // namespace

std::vector<KeyRange> FindKeyRanges(const arrow::Array& keys, size_t most) {
  switch (keys.type_id()) {
    case arrow::Type::INT8:
      return Find<arrow::Int8Array>(keys, most);
    case arrow::Type::INT16:
      return Find<arrow::Int16Array>(keys, most);
    case arrow::Type::INT32:
      return Find<arrow::Int32Array>(keys, most);
    case arrow::Type::INT64:
      return Find<arrow::Int64Array>(keys, most);
    case arrow::Type::DATE32:
      return Find<arrow::Date32Array>(keys, most);
    case arrow::Type::TIMESTAMP:
      return Find<arrow::TimestampArray>(keys, most);
    default:
      return {};
  }
}

}  // namespace deltaic
