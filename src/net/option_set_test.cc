#include "net/option_set.h"

#include <gtest/gtest.h>

#include "net/client_options.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using ::testing::Not;
using testing::StatusIs;

Result<OptionSet> Make(const std::map<std::string, std::string>& given,
                       const std::map<std::string, std::string>& variables = {}) {
  std::vector<OptionKey> keys = {{"aws_region", {"region"}},
                                 {"aws_secret_access_key", {"secret_access_key"}},
                                 {"aws_old", {}, true}};
  keys.insert(keys.end(), ClientOptionKeys().begin(), ClientOptionKeys().end());
  return OptionSet::Make(keys, "aws_", given,
                         [=](const std::string& name) -> std::optional<std::string> {
                           const auto found = variables.find(name);
                           if (found == variables.end()) return std::nullopt;
                           return found->second;
                         });
}

TEST(OptionSet, NamesIgnoreCaseAndAliasesMeanTheSame) {
  for (const char* name : {"aws_region", "AWS_REGION", "Region"}) {
    EXPECT_EQ(Make({{name, "eu"}}).value().Get("aws_region"), "eu") << name;
  }
}

TEST(OptionSet, GivenBeatsTheEnvironment) {
  EXPECT_EQ(Make({}, {{"AWS_REGION", "us"}}).value().Get("aws_region"), "us");
  const OptionSet both = Make({{"region", "eu"}}, {{"AWS_REGION", "us"}}).value();
  EXPECT_EQ(both.Get("aws_region"), "eu");
  EXPECT_TRUE(both.WasGiven("aws_region"));
}

TEST(OptionSet, VariablesWithoutThePrefixMeanNothing) {
  EXPECT_EQ(Make({}, {{"REGION", "us"}, {"TIMEOUT", "1s"}}).value().Find("aws_region"),
            std::nullopt);
}

TEST(OptionSet, UnknownKeyNamesTheNearestAndNoValue) {
  EXPECT_THAT(Make({{"aws_secret_acess_key", "hunter2"}}),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("aws_secret_access_key"), Not(HasSubstr("hunter2")))));
}

TEST(OptionSet, OneOptionByTwoNamesMustAgree) {
  EXPECT_THAT(Make({{"aws_region", "a"}, {"region", "b"}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_THAT(Make({{"aws_region", "a"}, {"region", "a"}}), testing::IsOk());
}

TEST(OptionSet, WhatMeansNothingIsAcceptedSilently) {
  EXPECT_EQ(Make({{"aws_old", "x"}, {"http2_only", "true"}}).value().Find("aws_old"), std::nullopt);
}

TEST(OptionSet, DurationsAndBooleans) {
  const std::pair<const char*, int64_t> cases[] = {
      {"500ms", 500}, {"30s", 30'000}, {"2m", 120'000}, {"7", 7'000}, {"1 h", 3'600'000}};
  for (const auto& [text, ms] : cases) {
    EXPECT_THAT(Make({{"timeout", text}}).value().GetDuration("timeout", milliseconds(1)),
                IsOkAndHolds(milliseconds(ms)))
        << text;
  }
  for (const char* text : {"", "abc", "-1s", "1x", "99999999999h"}) {
    const auto got = Make({{"timeout", text}}).value().GetDuration("timeout", milliseconds(1));
    if (*text == '\0') {
      EXPECT_THAT(got, IsOkAndHolds(milliseconds(1)));
    } else {
      EXPECT_THAT(got, StatusIs(StatusCode::kInvalidArgument)) << text;
    }
  }
  EXPECT_THAT(Make({{"allow_http", "Yes"}}).value().GetBool("allow_http", false),
              IsOkAndHolds(true));
  EXPECT_THAT(Make({{"allow_http", "perhaps"}}).value().GetBool("allow_http", false),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(ClientOptions, AreReadAndChecked) {
  const auto options = ReadClientOptions(
      Make({{"connect_timeout", "1s"}, {"max_retries", "3"}, {"backoff_config.base", "1.5"}})
          .value());
  ASSERT_THAT(options, testing::IsOk());
  EXPECT_EQ(options->connect_timeout, milliseconds(1'000));
  EXPECT_EQ(options->retry.max_retries, 3);
  EXPECT_EQ(options->retry.base, 1.5);
  EXPECT_THAT(ReadClientOptions(Make({{"max_retries", "many"}}).value()),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("max_retries")));
}

}  // namespace
}  // namespace deltaic
