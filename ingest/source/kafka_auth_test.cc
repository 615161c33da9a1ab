#include "ingest/source/kafka_auth.h"

#include <gtest/gtest.h>

#include "net/digest.h"

namespace deltaic::ingest {
namespace {

TEST(MskToken, IsTheSignedUrl) {
  const AwsCredentials credentials{"AKIDEXAMPLE", "secret/KEY+1", "session==", 0};
  const auto token = MakeMskToken("eu-west-1", credentials, 1'700'000'000);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->expires_ms, 1'700'000'900'000);
  EXPECT_EQ(token->text.find_first_of("+/="), std::string::npos);
  std::string padded = token->text;
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  padded.append((4 - padded.size() % 4) % 4, '=');
  // The signature was computed by Python's hmac after AWS's description of Signature Version 4.
  EXPECT_EQ(Base64Decode(padded).value(),
            "https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Algo"
            "rithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20231114%2Feu-west-1%2Fkaf"
            "ka-cluster%2Faws4_request&X-Amz-Date=20231114T221320Z&X-Amz-Expires=900&X-Amz-Se"
            "curity-Token=session%3D%3D&X-Amz-SignedHeaders=host&X-Amz-Signature=26e1e1c2bf67"
            "c02b13cd144b0887d1ae2d880526d7100dd51d37debd7390879d&User-Agent=deltaic");
}

TEST(MskToken, EndsNoLaterThanTheCredentials) {
  const AwsCredentials credentials{"A", "B", "C", 1'700'000'060};
  EXPECT_EQ(MakeMskToken("us-east-1", credentials, 1'700'000'000)->expires_ms, 1'700'000'060'000);
}

}  // namespace
}  // namespace deltaic::ingest
