#include "data/deletion_vector/deletion_vector.h"

#include <roaring/roaring.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "data/deletion_vector/byte_order.h"
#include "data/deletion_vector/roaring_format.h"

namespace deltaic {
namespace {

constexpr uint32_t kMagic = 1681511377;
constexpr uint32_t kMaxHigh = std::numeric_limits<int32_t>::max();
constexpr char kFileVersion = 1;
/// Key and cookie: no bucket is smaller.
constexpr size_t kMinBucketBytes = 8;

roaring_bitmap_t* AsBitmap(void* bitmap) { return static_cast<roaring_bitmap_t*>(bitmap); }
uint32_t High(int64_t row) { return static_cast<uint32_t>(row >> 32); }
uint32_t Low(int64_t row) { return static_cast<uint32_t>(row); }

/// Not by roaring_bitmap_add_range(): CRoaring 0.2.66 turns a container of more than 2,047 runs
/// into a bitset, also one of so few rows that its serialized form is read as an array.
void AddRangeTo(roaring_bitmap_t* bitmap, uint64_t first, int64_t count) {
  constexpr int64_t kFew = 32;
  if (count < kFew) {
    for (int64_t i = 0; i < count; ++i) {
      roaring_bitmap_add(bitmap, static_cast<uint32_t>(first + static_cast<uint64_t>(i)));
    }
    return;
  }
  roaring_bitmap_t* range =
      roaring_bitmap_from_range(first, first + static_cast<uint64_t>(count), 1);
  roaring_bitmap_or_inplace(bitmap, range);
  roaring_bitmap_free(range);
}

/// Calls `visit` with each row in [begin, end), ascending.
template <typename Bitmaps, typename Visit>
void ForEachRow(const Bitmaps& bitmaps, int64_t begin, int64_t end, const Visit& visit) {
  for (auto it = bitmaps.lower_bound(High(begin)); it != bitmaps.end(); ++it) {
    const int64_t base = int64_t{it->first} << 32;
    if (base >= end) break;
    roaring_uint32_iterator_t values;
    roaring_init_iterator(AsBitmap(it->second.get()), &values);
    if (base < begin) roaring_move_uint32_iterator_equalorlarger(&values, Low(begin));
    for (; values.has_value; roaring_advance_uint32_iterator(&values)) {
      const int64_t row = base + values.current_value;
      if (row >= end) break;
      visit(row);
    }
  }
}

}  // namespace

void DeletionVector::FreeBitmap::operator()(void* bitmap) const {
  roaring_bitmap_free(AsBitmap(bitmap));
}

DeletionVector::DeletionVector() = default;
DeletionVector::~DeletionVector() = default;
DeletionVector::DeletionVector(DeletionVector&&) noexcept = default;
DeletionVector& DeletionVector::operator=(DeletionVector&&) noexcept = default;

Result<DeletionVector> DeletionVector::Parse(std::span<const std::byte> bytes,
                                             int64_t expected_cardinality) {
  constexpr size_t kHeaderBytes = 12;
  if (bytes.size() < kHeaderBytes)
    return Status::Corruption("deletion vector of only ", bytes.size(), " bytes");
  if (const uint32_t magic = LoadLittleEndian<uint32_t>(bytes.data()); magic != kMagic) {
    return Status::Corruption("deletion vector starts with ", magic, " where the magic number ",
                              kMagic, " belongs");
  }
  const uint64_t num_buckets = LoadLittleEndian<uint64_t>(bytes.data() + 4);
  bytes = bytes.subspan(kHeaderBytes);
  if (num_buckets > bytes.size() / kMinBucketBytes) {
    return Status::Corruption("deletion vector of ", bytes.size(), " bytes claims ", num_buckets,
                              " bitmaps");
  }

  DeletionVector result;
  uint64_t cardinality = 0;
  int64_t previous_high = -1;
  for (uint64_t i = 0; i < num_buckets; ++i) {
    if (bytes.size() < kMinBucketBytes) return Status::Corruption("deletion vector is cut off");
    const uint32_t high = LoadLittleEndian<uint32_t>(bytes.data());
    if (high <= previous_high || high > kMaxHigh) {
      return Status::Corruption("deletion vector has bitmaps out of order");
    }
    previous_high = high;
    bytes = bytes.subspan(4);
    DELTAIC_ASSIGN_OR_RETURN(const RoaringExtent extent, CheckRoaring(bytes));
    if (extent.cardinality > 0) {
      roaring_bitmap_t* bitmap = roaring_bitmap_portable_deserialize_safe(
          reinterpret_cast<const char*>(bytes.data()), extent.size_bytes);
      if (bitmap == nullptr)
        return Status::Corruption("deletion vector has a bitmap that CRoaring refuses");
      result.bitmaps_[high].reset(bitmap);
    }
    cardinality += extent.cardinality;
    bytes = bytes.subspan(extent.size_bytes);
  }
  if (!bytes.empty())
    return Status::Corruption("deletion vector has ", bytes.size(), " bytes after its end");
  if (expected_cardinality < 0 || cardinality != static_cast<uint64_t>(expected_cardinality)) {
    return Status::Corruption("deletion vector holds ", cardinality, " rows, but the log says ",
                              expected_cardinality);
  }
  return result;
}

std::string DeletionVector::Serialize() const {
  std::string out;
  AppendLittleEndian<uint32_t>(out, kMagic);
  AppendLittleEndian<uint64_t>(out, bitmaps_.size());
  for (const auto& [high, bitmap] : bitmaps_) {
    AppendLittleEndian<uint32_t>(out, high);
    const std::unique_ptr<void, FreeBitmap> packed(roaring_bitmap_copy(AsBitmap(bitmap.get())));
    roaring_bitmap_run_optimize(AsBitmap(packed.get()));
    const size_t begin = out.size();
    out.resize(begin + roaring_bitmap_portable_size_in_bytes(AsBitmap(packed.get())));
    roaring_bitmap_portable_serialize(AsBitmap(packed.get()), out.data() + begin);
  }
  return out;
}

void* DeletionVector::BitmapFor(uint32_t high) {
  auto& bitmap = bitmaps_[high];
  if (bitmap == nullptr) bitmap.reset(roaring_bitmap_create());
  return bitmap.get();
}

void DeletionVector::Add(int64_t row) {
  roaring_bitmap_add(AsBitmap(BitmapFor(High(row))), Low(row));
}

void DeletionVector::AddRange(int64_t begin, int64_t end) {
  while (begin < end) {
    const int64_t bucket_end = ((begin >> 32) + 1) << 32;
    const int64_t part_end = std::min(end, bucket_end);
    AddRangeTo(AsBitmap(BitmapFor(High(begin))), Low(begin), part_end - begin);
    begin = part_end;
  }
}

void DeletionVector::AddAll(const DeletionVector& other) {
  for (const auto& [high, bitmap] : other.bitmaps_) {
    roaring_bitmap_or_inplace(AsBitmap(BitmapFor(high)), AsBitmap(bitmap.get()));
  }
}

void DeletionVector::RemoveAll(const DeletionVector& other) {
  for (const auto& [high, bitmap] : other.bitmaps_) {
    const auto mine = bitmaps_.find(high);
    if (mine == bitmaps_.end()) continue;
    roaring_bitmap_andnot_inplace(AsBitmap(mine->second.get()), AsBitmap(bitmap.get()));
    if (roaring_bitmap_is_empty(AsBitmap(mine->second.get()))) bitmaps_.erase(mine);
  }
}

int64_t DeletionVector::cardinality() const {
  uint64_t sum = 0;
  for (const auto& [high, bitmap] : bitmaps_)
    sum += roaring_bitmap_get_cardinality(AsBitmap(bitmap.get()));
  return static_cast<int64_t>(sum);
}

bool DeletionVector::Contains(int64_t row) const {
  const auto it = row < 0 ? bitmaps_.end() : bitmaps_.find(High(row));
  return it != bitmaps_.end() && roaring_bitmap_contains(AsBitmap(it->second.get()), Low(row));
}

bool DeletionVector::ContainsRange(int64_t begin, int64_t end) const {
  while (begin < end) {
    const int64_t part_end = std::min(end, ((begin >> 32) + 1) << 32);
    const auto it = bitmaps_.find(High(begin));
    const uint64_t low = Low(begin);
    if (it == bitmaps_.end() ||
        !roaring_bitmap_contains_range(AsBitmap(it->second.get()), low,
                                       low + static_cast<uint64_t>(part_end - begin))) {
      return false;
    }
    begin = part_end;
  }
  return true;
}

int64_t DeletionVector::Max() const {
  if (bitmaps_.empty()) return -1;
  const auto& [high, bitmap] = *bitmaps_.rbegin();
  return int64_t{high} << 32 | roaring_bitmap_maximum(AsBitmap(bitmap.get()));
}

std::vector<int64_t> DeletionVector::Rows(int64_t begin, int64_t end) const {
  std::vector<int64_t> rows;
  ForEachRow(bitmaps_, begin, end, [&](int64_t row) { rows.push_back(row); });
  return rows;
}

int64_t DeletionVector::ClearDeleted(int64_t begin, int64_t end, uint8_t* bitmap) const {
  int64_t cleared = 0;
  ForEachRow(bitmaps_, begin, end, [&](int64_t row) {
    bitmap[(row - begin) >> 3] &= static_cast<uint8_t>(~(1u << ((row - begin) & 7)));
    ++cleared;
  });
  return cleared;
}

int32_t AppendToDeletionVectorFile(std::string& file, std::string_view serialized) {
  if (file.empty()) file.push_back(kFileVersion);
  const auto offset = static_cast<int32_t>(file.size());
  AppendBigEndian(file, static_cast<uint32_t>(serialized.size()));
  file.append(serialized);
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(serialized.data()),
                          static_cast<uInt>(serialized.size()));
  AppendBigEndian(file, static_cast<uint32_t>(crc));
  return offset;
}

}  // namespace deltaic
