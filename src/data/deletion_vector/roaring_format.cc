#include "data/deletion_vector/roaring_format.h"

#include <bit>

#include "data/deletion_vector/byte_order.h"

namespace deltaic {
namespace {

constexpr uint32_t kCookieNoRuns = 12346;
constexpr uint32_t kCookieRuns = 12347;
constexpr uint32_t kMaxContainers = 1 << 16;
constexpr uint32_t kMaxArrayValues = 4096;
constexpr size_t kBitsetBytes = 8192;
/// With runs, bitmaps of fewer containers have no table of offsets.
constexpr uint32_t kOffsetThreshold = 4;

Status Broken(std::string_view why) { return Status::Corruption("broken Roaring bitmap: ", why); }

/// Takes bytes off the front; `ok` turns false where there are too few.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::span<const std::byte> Take(size_t n) {
    if (n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(n);
    rest_ = rest_.subspan(n);
    return taken;
  }
  uint16_t TakeU16() {
    const auto taken = Take(2);
    return ok_ ? LoadLittleEndian<uint16_t>(taken.data()) : uint16_t{0};
  }
  uint32_t TakeU32() {
    const auto taken = Take(4);
    return ok_ ? LoadLittleEndian<uint32_t>(taken.data()) : 0;
  }
  bool ok() const { return ok_; }
  size_t left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

Status CheckRuns(Cursor& cursor, uint32_t cardinality) {
  const uint32_t num_runs = cursor.TakeU16();
  const auto runs = cursor.Take(size_t{num_runs} * 4);
  if (!cursor.ok()) return Broken("cut off inside a run container");
  int64_t previous_end = -1;
  uint32_t count = 0;
  for (uint32_t i = 0; i < num_runs; ++i) {
    const int64_t start = LoadLittleEndian<uint16_t>(runs.data() + i * 4);
    const int64_t end = start + LoadLittleEndian<uint16_t>(runs.data() + i * 4 + 2);
    if (start <= previous_end || end >= kMaxContainers)
      return Broken("runs that overlap or leave their container");
    count += static_cast<uint32_t>(end - start + 1);
    previous_end = end;
  }
  return count == cardinality ? Status()
                              : Broken("a run container of another count than its header says");
}

Status CheckBitset(Cursor& cursor, uint32_t cardinality) {
  const auto words = cursor.Take(kBitsetBytes);
  if (!cursor.ok()) return Broken("cut off inside a bitset container");
  uint32_t count = 0;
  for (size_t i = 0; i < kBitsetBytes; i += 8) {
    count += static_cast<uint32_t>(std::popcount(LoadLittleEndian<uint64_t>(words.data() + i)));
  }
  return count == cardinality ? Status()
                              : Broken("a bitset container of another count than its header says");
}

Status CheckArray(Cursor& cursor, uint32_t cardinality) {
  const auto values = cursor.Take(size_t{cardinality} * 2);
  if (!cursor.ok()) return Broken("cut off inside an array container");
  int32_t previous = -1;
  for (uint32_t i = 0; i < cardinality; ++i) {
    const int32_t value = LoadLittleEndian<uint16_t>(values.data() + i * 2);
    if (value <= previous) return Broken("an array container that does not ascend");
    previous = value;
  }
  return Status();
}

}  // namespace

Result<RoaringExtent> CheckRoaring(std::span<const std::byte> bytes) {
  Cursor cursor(bytes);
  const uint32_t cookie = cursor.TakeU32();
  const bool has_runs = (cookie & 0xFFFF) == kCookieRuns;
  if (!cursor.ok() || (!has_runs && cookie != kCookieNoRuns))
    return Broken("it does not start with a known cookie");
  const uint32_t num_containers = has_runs ? (cookie >> 16) + 1 : cursor.TakeU32();
  if (num_containers > kMaxContainers) return Broken("more than 65536 containers");
  const auto run_flags =
      has_runs ? cursor.Take((num_containers + 7) / 8) : std::span<const std::byte>();
  const auto headers = cursor.Take(size_t{num_containers} * 4);
  if (!has_runs || num_containers >= kOffsetThreshold) cursor.Take(size_t{num_containers} * 4);
  if (!cursor.ok()) return Broken("cut off inside the header");

  RoaringExtent extent;
  int32_t previous_key = -1;
  for (uint32_t i = 0; i < num_containers; ++i) {
    const int32_t key = LoadLittleEndian<uint16_t>(headers.data() + i * 4);
    const uint32_t cardinality = LoadLittleEndian<uint16_t>(headers.data() + i * 4 + 2) + 1u;
    if (key <= previous_key) return Broken("container keys that do not ascend");
    previous_key = key;
    const bool is_run =
        has_runs && (std::to_integer<uint32_t>(run_flags[i / 8]) >> (i % 8) & 1) != 0;
    DELTAIC_RETURN_IF_ERROR(is_run                          ? CheckRuns(cursor, cardinality)
                            : cardinality > kMaxArrayValues ? CheckBitset(cursor, cardinality)
                                                            : CheckArray(cursor, cardinality));
    extent.cardinality += cardinality;
  }
  extent.size_bytes = bytes.size() - cursor.left();
  return extent;
}

}  // namespace deltaic
