#include "log/file_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;

using Keys = std::vector<FileKey>;

struct Live {
  std::vector<uint8_t> adds;
  std::vector<uint8_t> removes;
};

Live Feed(FileReplay& replay, const Keys& adds, const Keys& removes) {
  Live live{std::vector<uint8_t>(adds.size(), 2), std::vector<uint8_t>(removes.size(), 2)};
  replay.Commit(adds, removes, live.adds, live.removes);
  return live;
}

std::vector<uint8_t> Filter(const FileReplay& replay, const Keys& keys) {
  std::vector<uint8_t> live(keys.size(), 2);
  replay.FilterCheckpoint(keys, live);
  return live;
}

TEST(FileReplay, EmptyReplayKeepsTheWholeCheckpoint) {
  const FileReplay replay;
  EXPECT_TRUE(replay.empty());
  EXPECT_THAT(Filter(replay, {{"a", ""}, {"b", ""}}), ElementsAre(1, 1));
}

TEST(FileReplay, NewerCommitDecides) {
  FileReplay replay;
  EXPECT_THAT(Feed(replay, {{"a", ""}}, {{"b", ""}}).adds, ElementsAre(1));
  const Live older = Feed(replay, {{"a", ""}, {"b", ""}, {"c", ""}}, {{"a", ""}, {"d", ""}});
  EXPECT_THAT(older.adds, ElementsAre(0, 0, 1));
  EXPECT_THAT(older.removes, ElementsAre(0, 1));
  EXPECT_THAT(Filter(replay, {{"a", ""}, {"d", ""}, {"e", ""}}), ElementsAre(0, 0, 1));
  EXPECT_EQ(replay.num_keys(), 4);
}

TEST(FileReplay, DeletionVectorIsPartOfTheKey) {
  FileReplay replay;
  const Live update = Feed(replay, {{"a", "u1"}}, {{"a", ""}});
  EXPECT_THAT(update.adds, ElementsAre(1));
  EXPECT_THAT(update.removes, ElementsAre(1));
  EXPECT_THAT(Filter(replay, {{"a", ""}, {"a", "u1"}, {"a", "u2"}, {"au", "1"}}),
              ElementsAre(0, 0, 1, 1));
}

TEST(FileReplay, KeyTwiceInOneCommitCountsOnceAndTheAddWins) {
  FileReplay replay;
  const Live live = Feed(replay, {{"a", ""}, {"a", ""}}, {{"a", ""}, {"b", ""}, {"b", ""}});
  EXPECT_THAT(live.adds, ElementsAre(0, 1));
  EXPECT_THAT(live.removes, ElementsAre(0, 0, 1));
}

TEST(FileReplay, KeysOutliveTheCallersBuffers) {
  FileReplay replay;
  {
    const std::string path(1000, 'p');
    Feed(replay, {{path, "dv"}}, {});
  }
  const std::string again(1000, 'p');
  EXPECT_THAT(Filter(replay, {{again, "dv"}, {again, ""}}), ElementsAre(0, 1));
}

TEST(FileReplay, AgreesWithAMapOverRandomHistories) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    FileReplay replay;
    std::map<std::pair<std::string, std::string>, bool> model;
    for (int commit = 0; commit < 40; ++commit) {
      // Distinct keys a commit, since the model does not know the rules for broken ones.
      std::map<std::pair<std::string, std::string>, bool> actions;
      for (int i = 0; i < 30; ++i) {
        actions[{Concat("part-", random() % 500),
                 random() % 3 == 0 ? Concat("u", random() % 3) : ""}] = random() % 2 == 0;
      }
      Keys adds, removes;
      std::vector<uint8_t> expected_adds, expected_removes;
      for (const auto& [key, is_add] : actions) {
        const bool fresh = model.emplace(key, is_add).second;
        (is_add ? adds : removes).push_back({key.first, key.second});
        (is_add ? expected_adds : expected_removes).push_back(fresh);
      }
      const Live live = Feed(replay, adds, removes);
      ASSERT_EQ(live.adds, expected_adds);
      ASSERT_EQ(live.removes, expected_removes);
    }
    ASSERT_EQ(replay.num_keys(), static_cast<int64_t>(model.size()));
    for (int i = 0; i < 500; ++i) {
      const std::string path = Concat("part-", i);
      ASSERT_THAT(Filter(replay, {{path, ""}}), ElementsAre(model.contains({path, ""}) ? 0 : 1))
          << path;
    }
  }
}

TEST(CanonicalPath, LocalUrisNameOneFile) {
  EXPECT_EQ(CanonicalPath("file:///a/b"), "/a/b");
  EXPECT_EQ(CanonicalPath("file:/a/b"), "/a/b");
  EXPECT_EQ(CanonicalPath("/a/b"), "/a/b");
  EXPECT_EQ(CanonicalPath("a/b"), "a/b");
  EXPECT_EQ(CanonicalPath("file://host/a"), "file://host/a");
  EXPECT_EQ(CanonicalPath("file:a"), "file:a");
  EXPECT_EQ(CanonicalPath("s3://bucket/a"), "s3://bucket/a");
}

}  // namespace
}  // namespace deltaic
