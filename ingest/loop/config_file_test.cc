#include "ingest/loop/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace deltaic::ingest {
namespace {

using testing::HasSubstr;

TEST(ConfigFile, RoutesTakeWhatTheTopHas) {
  setenv("DELTAIC_CONFIG_TEST", "hunter2", 1);
  const auto file = ParseConfigFile(R"(
kafka = "a:9092,b:9092"
allowed_latency = 2.5
[kafka-setting]
sasl.username = "me"
"sasl.password" = "${DELTAIC_CONFIG_TEST}!"
[[route]]
topic = "clicks"
table = "/data/clicks"
transform = ["a: kafka.offset", "b: x"]
checkpoints = true
[[route]]
topic = "views"
table = "/data/views"
allowed-latency = 60
kafka-setting = { "sasl.username" = "you" }
)",
                                    "x.toml");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->routes.size(), 2U);
  const ConfigValues& first = file->routes[0].values;
  EXPECT_EQ(file->routes[0].line, 7);
  EXPECT_THAT(first.at("allowed-latency").texts, testing::ElementsAre("2.5"));
  EXPECT_THAT(first.at("transform").texts, testing::ElementsAre("a: kafka.offset", "b: x"));
  EXPECT_THAT(first.at("checkpoints").texts, testing::ElementsAre("true"));
  EXPECT_THAT(first.at("kafka-setting").texts,
              testing::UnorderedElementsAre("sasl.username=me", "sasl.password=hunter2!"));
  const ConfigValues& second = file->routes[1].values;
  EXPECT_THAT(second.at("allowed-latency").texts, testing::ElementsAre("60"));
  EXPECT_THAT(second.at("kafka-setting").texts,
              testing::UnorderedElementsAre("sasl.username=you", "sasl.password=hunter2!"));
}

struct BadFile {
  const char* text;
  const char* words;
};

class BadConfigFile : public testing::TestWithParam<BadFile> {};

TEST_P(BadConfigFile, IsToldByLineAndKey) {
  const auto file = ParseConfigFile(GetParam().text, "x.toml");
  EXPECT_EQ(file.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadConfigFile,
    testing::Values(BadFile{"a = ", "x.toml line 1: "}, BadFile{"kafka = \"x\"", "no [[route]]"},
                    BadFile{"route = 3", "line 1: route: routes are tables"},
                    BadFile{"\nfilter = 2020-01-01\n[[route]]", "line 2: filter: expected"},
                    BadFile{"filter = \"${NO_SUCH_VARIABLE_X}\"\n[[route]]",
                            "line 1: filter: the environment has no variable NO_SUCH_VARIABLE_X"},
                    BadFile{"filter = \"${A\"\n[[route]]", "${ without }"},
                    BadFile{"app_id = \"a\"\napp-id = \"b\"\n[[route]]", "is there twice"}));

}  // namespace
}  // namespace deltaic::ingest
