#include "ingest/transform/jmespath.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ingest/decode/base64.h"
#include "ingest/decode/gzip.h"

namespace deltaic::ingest {
namespace {

std::string Search(const std::string& path, const std::string& json) {
  const Result<JmesPath> parsed = JmesPath::Parse(path);
  if (!parsed.ok()) return parsed.status().message();
  const Result<Json> result = parsed->Search(*ParseJson(json));
  if (!result.ok()) return result.status().message();
  std::string out;
  AppendJson(out, *result);
  return out;
}

struct Case {
  const char *path, *json, *result;
};

// tests/ingest/test_transforms.py compares many more with the Python implementation.
TEST(JmesPath, Cases) {
  const Case cases[] = {
      {"a.b[1].c", R"({"a":{"b":[0,{"c":"x"}]}})", R"("x")"},
      {"a[::-2]", R"({"a":[0,1,2,3,4]})", "[4,2,0]"},
      {"a[*].b | [0]", R"({"a":[{"b":1},{"c":2},{"b":3}]})", "1"},
      {"a[?b > `1`].b", R"({"a":[{"b":1},{"b":3}]})", "[3]"},
      {"a[].b[]", R"({"a":[{"b":[1]},{"b":[2,3]}]})", "[1,2,3]"},
      {"*.x", R"({"a":{"x":1},"b":2,"c":{"x":3}})", "[1,3]"},
      {"{k: a, l: [b, c]}", R"({"a":1,"b":2})", R"({"k":1,"l":[2,null]})"},
      {"a || b && c", R"({"a":null,"b":[],"c":1})", "[]"},
      {"substr('grün', `2`, `1`)", "{}", R"("ü")"},
      {"substr(a, `0`, `10`)", R"({"a":"2021-07-20T23:18"})", R"("2021-07-20")"},
      {"epoch_seconds_to_iso8601(`1626823098`)", "{}", R"("2021-07-20T23:18:18Z")"},
      {"epoch_micros_to_iso8601(`1626823098519395`)", "{}", R"("2021-07-20T23:18:18.519395Z")"},
      {"epoch_millis_to_iso8601(`-1`)", "{}", R"("1969-12-31T23:59:59.999Z")"},
      {"length(a)", R"({"a":"üü"})", "2"},
      {"abs(a)", R"({"a":"x"})", R"(abs() takes a number, not "x")"},
  };
  for (const Case& c : cases) EXPECT_EQ(Search(c.path, c.json), c.result) << c.path;
}

TEST(JmesPath, RefusesWhatItCannotRead) {
  std::string deep(10000, '(');
  for (const std::string& path :
       {std::string("a."), std::string("[?a"), std::string("nope(@)"), std::string("`"),
        std::string("a[::0]"), std::string("sort_by(@)"), deep, std::string()}) {
    EXPECT_EQ(JmesPath::Parse(path).status().code(), StatusCode::kInvalidArgument) << path;
  }
}

TEST(Base64, RoundTrips) {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string("ab"),
                                   std::string("abc"), std::string("\0\xff\x80", 3)}) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
  }
  EXPECT_EQ(EncodeBase64("ab"), "YWI=");
  EXPECT_EQ(DecodeBase64("YWI"), "ab");
  EXPECT_FALSE(DecodeBase64("a"));
  EXPECT_FALSE(DecodeBase64("a*=="));
}

TEST(Gzip, RefusesDamage) {
  std::string out;
  EXPECT_FALSE(DecompressGzip("\x1f\x8b\x08 rubbish", 1000, out).ok());
  EXPECT_FALSE(DecompressGzip("", 1000, out).ok());
}

}  // namespace
}  // namespace deltaic::ingest
