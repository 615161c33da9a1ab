// Deletion vectors, alone, framed in a file, and inline: what was parsed is written so that it
// parses to the same rows, and every way of asking for the rows agrees.

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>

#include "base/z85.h"
#include "data/deletion_vector/byte_order.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "data/deletion_vector/roaring_format.h"
#include "fuzz.h"
#include "storage/memory_store.h"

using namespace deltaic;

namespace {

constexpr size_t kHeaderBytes = 12;
constexpr int64_t kAllRows = std::numeric_limits<int64_t>::max();
constexpr std::string_view kEncodedUuid = "00000000000000000000";
constexpr std::string_view kPath = "deletion_vector_00000000-0000-0000-0000-000000000000.bin";

/// How many rows the bitmaps hold, so that a damaged vector is not refused for its count alone.
int64_t CountRows(std::span<const std::byte> bytes) {
  uint64_t rows = 0;
  bytes = bytes.subspan(std::min(bytes.size(), kHeaderBytes));
  while (bytes.size() > 4) {
    bytes = bytes.subspan(4);
    const auto extent = CheckRoaring(bytes);
    if (!extent.ok()) break;
    rows += extent->cardinality;
    bytes = bytes.subspan(extent->size_bytes);
  }
  return static_cast<int64_t>(rows);
}

void CheckWindow(const DeletionVector& vector, int64_t begin) {
  constexpr int64_t kRows = 256;
  if (begin < 0 || begin > kAllRows - kRows) return;
  std::array<uint8_t, kRows / 8> live;
  live.fill(0xFF);
  const int64_t cleared = vector.ClearDeleted(begin, begin + kRows, live.data());
  int64_t contained = 0;
  for (int64_t i = 0; i < kRows; ++i) {
    const bool deleted = vector.Contains(begin + i);
    contained += deleted ? 1 : 0;
    FUZZ_CHECK((live[static_cast<size_t>(i / 8)] >> (i % 8) & 1) == (deleted ? 0 : 1));
  }
  FUZZ_CHECK(cleared == contained);
}

void CheckSame(const DeletionVector& a, const DeletionVector& b) {
  FUZZ_CHECK(a.cardinality() == b.cardinality());
  FUZZ_CHECK(a.Max() == b.Max());
  DeletionVector both;
  both.AddAll(a);
  both.AddAll(b);
  FUZZ_CHECK(both.cardinality() == a.cardinality());
}

DeletionVector Loaded(const ObjectStore& store, const DeletionVectorDescriptor& descriptor) {
  auto vector = LoadDeletionVector(store, descriptor, kAllRows);
  FUZZ_CHECK_OK(vector);
  return std::move(*vector);
}

void CheckStored(ObjectStore& store, const DeletionVector& vector) {
  std::string bytes = vector.Serialize();
  std::string file;
  DeletionVectorDescriptor descriptor{"u", std::string(kEncodedUuid), std::nullopt,
                                      static_cast<int32_t>(bytes.size()), vector.cardinality()};
  AppendToDeletionVectorFile(file, "another one before");
  descriptor.offset = AppendToDeletionVectorFile(file, bytes);
  FUZZ_CHECK_OK(store.Put(kPath, file));
  CheckSame(Loaded(store, descriptor), vector);

  bytes.resize((bytes.size() + 3) / 4 * 4);
  descriptor.storage_type = "i";
  descriptor.offset.reset();
  descriptor.path_or_inline_dv = Z85Encode(std::as_bytes(std::span(bytes)));
  CheckSame(Loaded(store, descriptor), vector);
}

/// The input as a whole file: it may fail, but only in the ways that are documented.
void LoadAsFile(ObjectStore& store, std::string_view input) {
  int32_t offset = 0;
  int32_t size = 0;
  if (input.size() < sizeof offset + sizeof size) return;
  std::memcpy(&offset, input.data(), sizeof offset);
  std::memcpy(&size, input.data() + sizeof offset, sizeof size);
  FUZZ_CHECK_OK(store.Put(kPath, input));
  const auto vector = LoadDeletionVector(
      store, {"u", std::string(kEncodedUuid), offset, size, size}, int64_t{1} << 40);
  FUZZ_CHECK(vector.ok() || vector.status().code() == StatusCode::kCorruption);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::shared_ptr<ObjectStore> store = MakeMemoryStore();
  LoadAsFile(*store, fuzz::AsText(data, size));

  const auto bytes = std::as_bytes(std::span(data, size));
  const auto vector = DeletionVector::Parse(bytes, CountRows(bytes));
  if (!vector.ok()) {
    FUZZ_CHECK(vector.status().code() == StatusCode::kCorruption);
    return 0;
  }
  const int64_t last = vector->Max();
  FUZZ_CHECK((last == -1) == (vector->cardinality() == 0));
  FUZZ_CHECK(vector->cardinality() - 1 <= last);
  FUZZ_CHECK(last == -1 || vector->Contains(last));
  FUZZ_CHECK(last == kAllRows || !vector->Contains(last + 1));
  FUZZ_CHECK(!vector->Contains(-1));
  for (const int64_t begin : {int64_t{0}, last - 200, last & ~int64_t{0xFFFF}, (last >> 32) << 32})
    CheckWindow(*vector, begin);
  if (last < kAllRows) CheckStored(*store, *vector);
  return 0;
}
