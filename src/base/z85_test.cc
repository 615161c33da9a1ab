#include "base/z85.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/uuid.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using deltaic::testing::IsOk;
using deltaic::testing::IsOkAndHolds;
using deltaic::testing::StatusIs;

std::vector<std::byte> Bytes(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(Z85, MatchesTheRfcsVector) {
  const auto bytes = Bytes({0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B});
  EXPECT_EQ(Z85Encode(bytes), "HelloWorld");
  EXPECT_THAT(Z85Decode("HelloWorld"), IsOkAndHolds(bytes));
}

TEST(Z85, MatchesTheProtocolsDeletionVectorPath) {
  const auto bytes = Z85Decode("vBn[lx{q8@P<9BNH/isA");
  ASSERT_THAT(bytes, IsOk());
  ASSERT_EQ(bytes->size(), 16u);
  UuidBytes uuid;
  std::copy(bytes->begin(), bytes->end(), uuid.begin());
  EXPECT_EQ(FormatUuid(uuid), "61d16c75-6994-46b7-a15b-8b538852e50e");
  EXPECT_EQ(Z85Encode(*bytes), "vBn[lx{q8@P<9BNH/isA");
}

TEST(Z85, CarriesAllBytes) {
  EXPECT_EQ(Z85Encode({}), "");
  EXPECT_THAT(Z85Decode(""), IsOkAndHolds(std::vector<std::byte>()));
  EXPECT_EQ(Z85Encode(Bytes({0, 0, 0, 0})), "00000");
  EXPECT_EQ(Z85Encode(Bytes({255, 255, 255, 255})), "%nSc0");
  std::vector<std::byte> all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::byte>(i));
  EXPECT_THAT(Z85Decode(Z85Encode(all)), IsOkAndHolds(all));
}

TEST(Z85Decode, ReadsShortLastGroups) {
  EXPECT_THAT(Z85Decode("##093"), IsOkAndHolds(Bytes({3, 0})));
  EXPECT_THAT(Z85Decode("00000##093"), IsOkAndHolds(Bytes({0, 0, 0, 0, 3, 0})));
  EXPECT_THAT(Z85Decode("###30"), IsOkAndHolds(Bytes({255})));
  EXPECT_THAT(Z85Decode("#0000"), IsOkAndHolds(Bytes({0, 0, 0})));
}

TEST(Z85Decode, RefusesWhatIsNoZ85) {
  for (const std::string_view text :
       {"0", "0000", "000000", "0000 ", "0000\"", "0000\xC3", "00\\00",
        "%nSc1",  // 2^32
        "$$$$$",  // above 2^32 without a mark
        "#$$$$",  // exceeds three bytes
        "###31",  // exceeds one byte
        "####0",  // no byte
        "#####",
        "##09300000",  // a short group before the last
        "##$$$"}) {    // exceeds two bytes
    EXPECT_THAT(Z85Decode(text), StatusIs(StatusCode::kCorruption)) << text;
  }
}

}  // namespace
}  // namespace deltaic
