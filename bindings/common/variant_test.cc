#include "common/variant.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "common/test_maker.h"

namespace deltaic_rows {
namespace {

using namespace std::string_literals;
using testing::TextMaker;

std::string Read(std::string_view metadata, std::string_view value) {
  TextMaker maker;
  return VariantReader<TextMaker>(metadata, maker).Read(value);
}

// Version 1, two names: "a" and "bc".
const std::string kNames = "\x01\x02\x00\x01\x03"s + "abc";

TEST(VariantReader, ReadsEveryType) {
  EXPECT_EQ(Read(kNames, "\x00"s), "null");
  EXPECT_EQ(Read(kNames, "\x04"s), "true");
  EXPECT_EQ(Read(kNames, "\x08"s), "false");
  EXPECT_EQ(Read(kNames, "\x0c\xff"s), "-1");
  EXPECT_EQ(Read(kNames, "\x10\x00\x01"s), "256");
  EXPECT_EQ(Read(kNames, "\x14\x01\x00\x00\x00"s), "1");
  EXPECT_EQ(Read(kNames, "\x18\x02\x00\x00\x00\x00\x00\x00\x00"s), "2");
  EXPECT_EQ(Read(kNames, "\x1c\x00\x00\x00\x00\x00\x00\xf8\x3f"s), "1.5f");
  EXPECT_EQ(Read(kNames, "\x20\x02\x7d\x00\x00\x00"s), "1.25d");
  EXPECT_EQ(Read(kNames, "\x2c\x07\x00\x00\x00"s), "@7");
  EXPECT_EQ(Read(kNames, "\x30\x05\x00\x00\x00\x00\x00\x00\x00"s), "5us");
  EXPECT_EQ(Read(kNames, "\x34\x05\x00\x00\x00\x00\x00\x00\x00"s), "5us~");
  EXPECT_EQ(Read(kNames, "\x38\x00\x00\xc0\x3f"s), "1.5f");
  EXPECT_EQ(Read(kNames, "\x3c\x01\x00\x00\x00\x41"s), "x'41'");
  EXPECT_EQ(Read(kNames, "\x40\x02\x00\x00\x00hi"s), "'hi'");
  EXPECT_EQ(Read(kNames, "\x09hi"s), "'hi'");
  EXPECT_EQ(Read(kNames, "\x48\xff\xff\xff\xff\xff\xff\xff\xff"s), "-1us");
  EXPECT_EQ(Read(kNames, "\x50\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"s),
            "'01020304-0506-0708-090a-0b0c0d0e0f10'");
}

TEST(VariantReader, ReadsObjectsAndLists) {
  // {a: 1, bc: [null, 'x']}
  const std::string list = "\x03\x02\x00\x01\x03\x00\x05x"s;
  std::string object = "\x02\x02\x00\x01\x00\x02\x0a\x0c\x01"s;
  object.append(list);  // g++ 12 takes a + for a read beyond the end
  EXPECT_EQ(Read(kNames, list), "[null, 'x']");
  EXPECT_EQ(Read(kNames, object), "{a: 1, bc: [null, 'x']}");
  EXPECT_EQ(Read(kNames, "\x03\x00\x00"s), "[]");
}

TEST(VariantReader, SaysWhatIsDamaged) {
  EXPECT_EQ(Read(kNames, ""), "bad: a value is missing");
  EXPECT_EQ(Read(kNames, "\x14\x01"s), "bad: a value is cut off");
  EXPECT_EQ(Read(kNames, "\x03\xff\x00"s), "bad: a list is cut off");
  EXPECT_EQ(Read("\x01\x00\x00"s, "\x02\x01\x00\x00\x01\x00"s), "bad: a name is missing");
  EXPECT_EQ(Read(kNames, "\x7c"s), "bad: it has a type that is not known");
}

TEST(VariantReader, AValueThatIsUsedOftenDoesNotMultiply) {
  // 40 lists, each with twice the next: 2^40 values in some hundred bytes.
  std::string value = "\x00"s;
  for (int level = 0; level < 40; ++level) value = "\x03\x02\x00\x00\x00"s.append(value);
  EXPECT_NE(Read(kNames, value).find("bad: it has more values than bytes"), std::string::npos);
}

TEST(VariantReader, SurvivesAnyBytes) {
  std::mt19937 random(7);
  const std::string object = "\x02\x02\x00\x01\x00\x02\x0a\x0c\x01\x03\x02\x00\x01\x03\x00\x05x"s;
  for (int round = 0; round < 20'000; ++round) {
    std::string names = kNames;
    std::string value = object;
    for (int change = 0; change < 3; ++change) {
      std::string& text = random() % 4 == 0 ? names : value;
      text[random() % text.size()] = static_cast<char>(random());
    }
    value.resize(1 + random() % value.size());
    Read(names, value);  // the sanitizers watch
  }
}

}  // namespace
}  // namespace deltaic_rows
