#include "storage/web/folder_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FolderPage, NamesAsServersLinkThem) {
  EXPECT_THAT(
      NamesOfFolderPage(R"(<html><body><h1>Index of /t/_delta_log/</h1><pre><a href="../">../</a>
<a href="00000000000000000001.json">00000000000000000001.json</a>  30-Nov-2026 07:17  812
<A HREF='a%20b%2Bc.parquet'>a b</A> <a href="./x&amp;y.json">x</a><a href="_sidecars/">_sidecars/</a>
<a href="?C=M;O=A">Date</a><a href="https://elsewhere/z.json">z</a><a href="/abs.json">abs</a>
<a href="00000000000000000001.json">again</a></pre></body></html>)"),
      ElementsAre("00000000000000000001.json", "a b+c.parquet", "x&y.json"));
}

TEST(FolderPage, OddPagesHaveNoNames) {
  for (const char* html : {"", "href=", "href=\"", "<a href=\"%2e%2e\">", "<a href=\"a%2fb\">",
                           "<a href=\"a%00b\">", "<a href=x>", "<a href=\"javascript:x\">"}) {
    EXPECT_THAT(NamesOfFolderPage(html), IsEmpty()) << html;
  }
}

}  // namespace
}  // namespace deltaic
