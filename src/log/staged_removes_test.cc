#include "log/staged_removes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "protocol/actions_json.h"

namespace deltaic {
namespace {

Remove Of(std::string path, int64_t time = 1) {
  return {.path = std::move(path),
          .deletion_timestamp = time,
          .partition_values = {{{"p", "a\"b"}, {"q", std::nullopt}}},
          .size = 7};
}

std::map<std::string, Remove> Lines(const StagedRemoves& removes) {
  std::string text;
  removes.AppendTo(text);
  std::map<std::string, Remove> out;
  const std::vector<Action> actions = *ParseActions(text, "test");
  for (const Action& action : actions) {
    const auto& remove = std::get<Remove>(action);
    EXPECT_TRUE(out.emplace(remove.path, remove).second) << remove.path;
  }
  return out;
}

TEST(StagedRemoves, AreWhatAMapWouldBe) {
  std::minstd_rand random(7);
  for (int round = 0; round < 20; ++round) {
    StagedRemoves removes;
    std::map<std::string, Remove> model;
    for (int i = 0; i < 50; ++i) {
      const Remove remove = Of(Concat("p=\"\xC3\xA4\"/", i, ".parquet"));
      removes.Add(remove);
      model.emplace(remove.path, remove);
    }
    ASSERT_EQ(removes.Seal(), std::nullopt);
    for (int i = 0; i < 20; ++i) {
      auto entry = std::next(model.begin(), static_cast<int>(random() % model.size()));
      entry->second = Of(entry->first, 1000000000 * static_cast<int64_t>(random() % 100));
      removes.Replace(entry->second);
    }
    EXPECT_EQ(Lines(removes), model);
    for (const auto& [path, remove] : model) EXPECT_EQ(removes.Find(path), remove);
    EXPECT_FALSE(removes.Contains("p=x/0.parquet"));
    EXPECT_EQ(removes.size(), model.size());
  }
}

TEST(StagedRemoves, PathThatIsThereTwiceIsNamed) {
  StagedRemoves removes;
  for (const char* path : {"a", "b", "c", "b"}) removes.Add(Of(path));
  EXPECT_EQ(removes.Seal(), "b");
}

TEST(StagedRemoves, OnePathInTwoSpellingsIsThereTwice) {
  StagedRemoves removes;
  removes.Add(Of("file:///t/a"));
  removes.Add(Of("file:/t/a"));
  EXPECT_NE(removes.Seal(), std::nullopt);
}

TEST(StagedRemoves, EmptyOnesAreNoLines) {
  StagedRemoves removes;
  EXPECT_EQ(removes.Seal(), std::nullopt);
  EXPECT_TRUE(removes.empty());
  EXPECT_FALSE(removes.changes_data());
  EXPECT_FALSE(removes.Contains("a"));
  EXPECT_TRUE(Lines(removes).empty());
}

}  // namespace
}  // namespace deltaic
