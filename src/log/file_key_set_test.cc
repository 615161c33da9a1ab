#include "log/file_key_set.h"

#include <gtest/gtest.h>

#include <string>

namespace deltaic {
namespace {

TEST(FileKeySet, HoldsWhatWasAddedAndNothingElse) {
  FileKeySet set, more;
  for (int i = 0; i < 1000; ++i) {
    const std::string path = "part-" + std::to_string(i);
    (i % 2 == 0 ? set : more).Add({path, i % 3 == 0 ? "" : "u1"});
  }
  set.AddAll(more);
  set.Seal();
  for (int i = 0; i < 1000; ++i) {
    const std::string path = "part-" + std::to_string(i);
    EXPECT_EQ(set.Contains({path, ""}), i % 3 == 0) << path;
    EXPECT_EQ(set.Contains({path, "u1"}), i % 3 != 0) << path;
    EXPECT_FALSE(set.Contains({path + "x", ""})) << path;
  }
  EXPECT_FALSE(set.Contains({"", ""}));
}

TEST(FileKeySet, PathAndDeletionVectorDoNotRunIntoOneAnother) {
  FileKeySet set;
  set.Add({"ab", "c"});
  set.Seal();
  EXPECT_FALSE(set.Contains({"a", "bc"}));
  EXPECT_FALSE(set.Contains({"abc", ""}));
  EXPECT_TRUE(set.Contains({"ab", "c"}));
}

TEST(FileKeySet, EmptyHoldsNothing) {
  FileKeySet set;
  set.Seal();
  EXPECT_FALSE(set.Contains({"a", ""}));
}

}  // namespace
}  // namespace deltaic
