#include "base/utf8.h"

#include <gtest/gtest.h>

namespace deltaic {
namespace {

TEST(Utf8, EveryCodePointComesBack) {
  for (uint32_t code = 0; code <= kLastCodePoint; ++code) {
    if (IsSurrogate(code)) continue;
    std::string text;
    AppendUtf8(text, code);
    std::string_view rest = text;
    ASSERT_EQ(TakeUtf8(rest), code);
    ASSERT_TRUE(rest.empty()) << code;
  }
}

TEST(Utf8, WhatIsNoneIsLeftAsItIs) {
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    std::string_view rest = text;
    EXPECT_EQ(TakeUtf8(rest), std::nullopt);
    EXPECT_EQ(rest, text);
  }
}

TEST(Utf8, TakesOneAfterTheOther) {
  std::string_view rest = "a\xC3\xA4\xF0\x9F\xA6\x86z";
  EXPECT_EQ(TakeUtf8(rest), 'a');
  EXPECT_EQ(TakeUtf8(rest), 0xE4u);
  EXPECT_EQ(TakeUtf8(rest), 0x1F986u);
  EXPECT_EQ(rest, "z");
}

}  // namespace
}  // namespace deltaic
