#include "net/xml.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::StatusIs;

TEST(ParseXml, ElementsTextsAndEntities) {
  const auto root = ParseXml(
      "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- x --><s:List xmlns:s='u' a=\"<>\">"
      "<Key>a&amp;b&lt;&#x20;&#252;<![CDATA[<raw>]]></Key><Empty/><Key>2</Key></s:List>\n");
  ASSERT_THAT(root, testing::IsOk());
  EXPECT_EQ(root->name, "List");
  ASSERT_EQ(root->children.size(), 3u);
  EXPECT_EQ(root->TextOf("Key"), "a&b< ü<raw>");
  EXPECT_EQ(root->TextOf("Empty"), "");
  EXPECT_EQ(root->Find("Absent"), nullptr);
}

TEST(ParseXml, DamagedDocumentsAreRefused) {
  for (const char* text :
       {"", "text", "<a>", "<a></b>", "<a", "<a><b></a></b>", "<a/><b/>", "<a>&bomb;</a>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a b></a>", "<a b=c></a>", "<a>&#0;</a>",
        "<a>&#xD800;</a>", "<a><![CDATA[", "<a><!-- "}) {
    EXPECT_THAT(ParseXml(text), StatusIs(StatusCode::kCorruption)) << text;
  }
}

TEST(ParseXml, EveryPrefixOfADocumentIsCutOff) {
  const std::string whole = "<?xml version=\"1.0\"?><a x=\"1\"><b>t&amp;</b><!-- c --><d/></a>";
  ASSERT_THAT(ParseXml(whole), testing::IsOk());
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(ParseXml(whole.substr(0, size)), StatusIs(StatusCode::kCorruption)) << size;
}

TEST(ParseXml, DepthIsBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_THAT(ParseXml(deep), StatusIs(StatusCode::kCorruption, ::testing::HasSubstr("deep")));
}

}  // namespace
}  // namespace deltaic
