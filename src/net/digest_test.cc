#include "net/digest.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOkAndHolds;
using testing::StatusIs;

std::string Hex(const Result<std::string>& bytes) {
  return bytes.ok() ? HexEncode(*bytes) : bytes.status().ToString();
}

// FIPS 180-2, appendix B.1; RFC 3174, 1321, 4231 (test case 2).
TEST(Digest, KnownAnswers) {
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Hex(Md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
}

// RFC 4648, section 10.
TEST(Base64, KnownAnswersBothWays) {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_THAT(Base64Decode(text), IsOkAndHolds(bytes));
  }
  EXPECT_EQ(Base64UrlEncode("\xff\xfe\xfd\xfc"), "__79_A");
  EXPECT_THAT(Base64Decode("a*=="), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Base64Decode("a"), StatusIs(StatusCode::kInvalidArgument));
}

TEST(SignRs256, KeyThatIsNoneIsRefused) {
  EXPECT_THAT(SignRs256("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n", "x"),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace deltaic
