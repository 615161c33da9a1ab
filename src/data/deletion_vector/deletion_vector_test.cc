#include "data/deletion_vector/deletion_vector.h"

#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "data/deletion_vector/byte_order.h"
#include "data/deletion_vector/roaring_format.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string U16(uint16_t value) {
  std::string out;
  AppendLittleEndian(out, value);
  return out;
}
std::string U32(uint32_t value) {
  std::string out;
  AppendLittleEndian(out, value);
  return out;
}
std::string U64(uint64_t value) {
  std::string out;
  AppendLittleEndian(out, value);
  return out;
}

/// Magic and bucket count, then what is given.
std::string Vector(uint64_t num_buckets, const std::string& buckets) {
  return U32(1681511377) + U64(num_buckets) + buckets;
}
/// One container without runs; the offset in the header is not looked at.
std::string Container(uint16_t key, uint16_t cardinality_less_1, const std::string& content) {
  return U32(12346) + U32(1) + U16(key) + U16(cardinality_less_1) + U32(16) + content;
}
std::string RunContainer(uint16_t cardinality_less_1,
                         const std::vector<std::pair<uint16_t, uint16_t>>& runs) {
  std::string out = U32(12347) + std::string(1, '\1') + U16(0) + U16(cardinality_less_1) +
                    U16(static_cast<uint16_t>(runs.size()));
  for (const auto& [start, length_less_1] : runs) out += U16(start) + U16(length_less_1);
  return out;
}

void ExpectSame(const DeletionVector& vector, const std::set<int64_t>& model, int64_t limit) {
  ASSERT_EQ(vector.cardinality(), static_cast<int64_t>(model.size()));
  EXPECT_EQ(vector.Max(), model.empty() ? -1 : *model.rbegin());
  for (int64_t begin = 0; begin < limit; begin += 10'007) {
    const int64_t end = begin + 10'007;
    std::vector<uint8_t> bits(1 + 10'007 / 8, 0xFF);
    const int64_t cleared = vector.ClearDeleted(begin, end, bits.data());
    int64_t expected = 0;
    for (auto it = model.lower_bound(begin); it != model.end() && *it < end; ++it, ++expected) {
      ASSERT_EQ(bits[(*it - begin) / 8] >> ((*it - begin) % 8) & 1, 0) << *it;
    }
    ASSERT_EQ(cleared, expected) << begin;
  }
}

TEST(DeletionVector, ManyShortRangesInOneContainerAreReadBack) {
  // More than 2,047 runs of fewer than 4,096 rows, which begin as a run and go on as one.
  for (const int64_t long_range : {0, 3, 100}) {
    DeletionVector vector;
    std::set<int64_t> model;
    const auto add = [&](int64_t begin, int64_t end) {
      vector.AddRange(begin, end);
      for (int64_t row = begin; row < end; ++row) model.insert(row);
    };
    add(0, long_range);
    for (int64_t i = 0; i < 2'500; ++i) add(200 + i * 7, 201 + i * 7);
    add(30'000, 30'000 + long_range);
    const auto again =
        DeletionVector::Parse(Bytes(vector.Serialize()), static_cast<int64_t>(model.size()));
    ASSERT_THAT(again, IsOk());
    ExpectSame(*again, model, 40'000);
  }
}

TEST(DeletionVector, RandomRowsBehaveAsASetAndSurviveSerializing) {
  std::mt19937_64 random(7);
  for (const int64_t limit : {1'000, 70'000, 400'000}) {
    for (const int count : {0, 1, 100, 30'000}) {
      DeletionVector vector;
      std::set<int64_t> model;
      for (int i = 0; i < count; ++i) {
        const auto row = static_cast<int64_t>(random() % static_cast<uint64_t>(limit));
        vector.Add(row);
        model.insert(row);
      }
      ExpectSame(vector, model, limit);
      const auto parsed =
          DeletionVector::Parse(Bytes(vector.Serialize()), static_cast<int64_t>(model.size()));
      ASSERT_THAT(parsed, IsOk());
      ExpectSame(*parsed, model, limit);
    }
  }
}

TEST(DeletionVector, RangesAcrossBucketsAndUnions) {
  const int64_t edge = int64_t{1} << 32;
  DeletionVector vector;
  vector.AddRange(edge - 3, edge + 4);
  vector.AddRange(5, 5);
  DeletionVector other;
  other.Add(edge + 100);
  other.Add(edge - 1);
  vector.AddAll(other);
  EXPECT_EQ(vector.cardinality(), 8);
  const auto parsed = DeletionVector::Parse(Bytes(vector.Serialize()), 8);
  ASSERT_THAT(parsed, IsOk());
  for (int64_t row = edge - 3; row < edge + 4; ++row) EXPECT_TRUE(parsed->Contains(row)) << row;
  EXPECT_FALSE(parsed->Contains(edge - 4));
  EXPECT_FALSE(parsed->Contains(edge + 4));
  EXPECT_FALSE(parsed->Contains(-1));
  EXPECT_EQ(parsed->Max(), edge + 100);
  uint8_t bits = 0xFF;
  EXPECT_EQ(parsed->ClearDeleted(edge - 4, edge + 4, &bits), 7);
  EXPECT_EQ(bits, 0b0000'0001);
}

TEST(DeletionVector, DifferencesAcrossBucketsBehaveAsSets) {
  constexpr int64_t kSecond = int64_t{1} << 32;
  DeletionVector rows;
  rows.AddRange(kSecond - 5, kSecond + 5);
  EXPECT_TRUE(rows.ContainsRange(kSecond - 5, kSecond + 5));
  EXPECT_FALSE(rows.ContainsRange(kSecond - 6, kSecond + 5));
  EXPECT_FALSE(rows.ContainsRange(kSecond - 5, kSecond + 6));
  DeletionVector others;
  others.AddRange(kSecond - 9, kSecond);
  others.Add(kSecond + 3);
  others.Add(9 * kSecond);
  rows.RemoveAll(others);
  EXPECT_EQ(rows.cardinality(), 4);
  EXPECT_FALSE(rows.Contains(kSecond - 1));
  EXPECT_FALSE(rows.ContainsRange(kSecond, kSecond + 5));
  EXPECT_TRUE(rows.ContainsRange(kSecond, kSecond + 3));
  others.AddRange(kSecond, kSecond + 5);
  rows.RemoveAll(others);
  EXPECT_EQ(rows.cardinality(), 0);
  EXPECT_EQ(rows.Max(), -1) << "no bitmap stays behind empty";
}

TEST(DeletionVector, RunsAreCompressed) {
  DeletionVector vector;
  vector.AddRange(0, 1'000'000);
  EXPECT_LT(vector.Serialize().size(), 1'000u);
}

struct Hostile {
  std::string name;
  std::string bytes;
  int64_t cardinality;
  std::string message;
};

class HostileVectorTest : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileVectorTest, IsRefused) {
  // In a buffer of its own size, so that reading past the end is seen.
  const std::vector<std::byte> exact(Bytes(GetParam().bytes).begin(),
                                     Bytes(GetParam().bytes).end());
  EXPECT_THAT(DeletionVector::Parse(exact, GetParam().cardinality),
              StatusIs(StatusCode::kCorruption, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, HostileVectorTest,
    ::testing::ValuesIn(std::vector<Hostile>{
        {"Empty", "", 0, "only 0 bytes"},
        {"HeaderCut", U32(1681511377) + "abc", 0, "only 7 bytes"},
        {"OtherMagic", U32(1681511376) + U64(0), 0, "magic"},
        {"ManyBuckets", Vector(uint64_t{1} << 60, U32(0)), 0, "claims 1152921504606846976 bitmaps"},
        {"BucketCut", Vector(1, U32(0) + "xx"), 0, "claims 1 bitmaps"},
        {"NoCookie", Vector(1, U32(0) + U32(99) + U32(0)), 0, "cookie"},
        {"NegativeHigh", Vector(1, U32(0x80000000) + Container(0, 0, U16(1))), 1, "out of order"},
        {"SameBucketTwice",
         Vector(2, U32(1) + Container(0, 0, U16(1)) + U32(1) + Container(0, 0, U16(1))), 2,
         "out of order"},
        {"ManyContainers", Vector(1, U32(0) + U32(12346) + U32(65537)), 0, "65536"},
        {"HeadersCut", Vector(1, U32(0) + U32(12346) + U32(65536) + U32(0)), 0, "cut off"},
        {"ArrayCut", Vector(1, U32(0) + Container(0, 3, U16(1) + U16(2))), 4, "array container"},
        {"ArrayNotAscending", Vector(1, U32(0) + Container(0, 1, U16(2) + U16(2))), 2,
         "does not ascend"},
        {"BitsetCut", Vector(1, U32(0) + Container(0, 5000, std::string(100, '\0'))), 5001,
         "bitset container"},
        {"BitsetAllZero", Vector(1, U32(0) + Container(0, 5000, std::string(8192, '\0'))), 5001,
         "another count"},
        {"RunsCut", Vector(1, U32(0) + RunContainer(5, {{1, 5}}).substr(0, 12)), 6,
         "run container"},
        {"NoRuns", Vector(1, U32(0) + RunContainer(5, {})), 6, "another count"},
        {"RunsOverlap", Vector(1, U32(0) + RunContainer(7, {{1, 3}, {3, 3}})), 8, "overlap"},
        {"RunLeaves", Vector(1, U32(0) + RunContainer(9, {{65535, 9}})), 10, "leave"},
        {"KeysNotAscending",
         Vector(1, U32(0) + U32(12346) + U32(2) + U16(3) + U16(0) + U16(3) + U16(0) + U32(0) +
                       U32(0) + U16(1) + U16(1)),
         2, "keys"},
        {"BytesLeft", Vector(1, U32(0) + Container(0, 0, U16(7)) + "x"), 1, "after its end"},
        {"OtherCardinality", Vector(1, U32(0) + Container(0, 0, U16(7))), 2,
         "holds 1 rows, but the log says 2"},
        {"NegativeCardinality", Vector(0, ""), -1, "the log says -1"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(DeletionVector, EveryPrefixAndEveryFlippedByteIsHandled) {
  DeletionVector vector;
  vector.AddRange(10, 90);
  for (int64_t row = 70'000; row < 90'000; row += 3) vector.Add(row);
  for (int64_t row = 200'000; row < 200'500; row += 7) vector.Add(row);
  const std::string good = vector.Serialize();
  const int64_t cardinality = vector.cardinality();
  for (size_t size = 0; size < good.size(); size += size < 200 ? 1 : 97) {
    const std::vector<std::byte> prefix(Bytes(good).begin(),
                                        Bytes(good).begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(DeletionVector::Parse(prefix, cardinality).ok()) << size;
  }
  std::vector<std::byte> bytes(Bytes(good).begin(), Bytes(good).end());
  for (size_t i = 0; i < bytes.size(); i += i < 200 ? 1 : 13) {
    const std::byte kept = bytes[i];
    for (const int bit : {0, 3, 7}) {
      bytes[i] = kept ^ static_cast<std::byte>(1 << bit);
      const auto parsed = DeletionVector::Parse(bytes, cardinality);
      if (!parsed.ok()) continue;
      std::vector<uint8_t> bits(1 << 16, 0xFF);
      parsed->ClearDeleted(0, (1 << 19) - 1, bits.data());
    }
    bytes[i] = kept;
  }
}

TEST(AppendToDeletionVectorFile, SecondVectorFollowsTheFirst) {
  std::string file;
  EXPECT_EQ(AppendToDeletionVectorFile(file, "abc"), 1);
  EXPECT_EQ(file.size(), 1u + 4 + 3 + 4);
  EXPECT_EQ(file[0], '\1');
  EXPECT_EQ(AppendToDeletionVectorFile(file, "de"), 12);
  EXPECT_EQ(file.substr(12, 4), std::string("\0\0\0\2", 4));
}

}  // namespace
}  // namespace deltaic
