#include "base/uuid.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using deltaic::testing::IsOkAndHolds;
using deltaic::testing::StatusIs;

UuidBytes Counting() {
  UuidBytes bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 0x11);
  return bytes;
}

TEST(FormatUuid, WritesBytesInOrder) {
  EXPECT_EQ(FormatUuid(Counting()), "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(FormatRandomUuid, SetsOnlyVersionAndVariant) {
  UuidBytes ones;
  ones.fill(std::byte{0xff});
  EXPECT_EQ(FormatRandomUuid(ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(FormatRandomUuid(UuidBytes{}), "00000000-0000-4000-8000-000000000000");
}

TEST(ParseUuid, ReadsBackEitherCase) {
  EXPECT_THAT(ParseUuid("00112233-4455-6677-8899-aabbccddeeff"), IsOkAndHolds(Counting()));
  EXPECT_THAT(ParseUuid("00112233-4455-6677-8899-AABBCCDDEEFF"), IsOkAndHolds(Counting()));
}

TEST(ParseUuid, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeeff0", "{0112233-4455-6677-8899-aabbccddeef}",
        "0011223-34455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg",
        "00112233-4455-6677-8899_aabbccddeeff", "00112233-4455-6677-8899--abbccddeeff",
        " 0112233-4455-6677-8899-aabbccddeeff"}) {
    EXPECT_THAT(ParseUuid(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

}  // namespace
}  // namespace deltaic
