#include "base/made_once.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace deltaic {
namespace {

std::string& OneText() {
  return MadeOnce([] { return std::string("made"); });
}

std::string& OtherText() {
  return MadeOnce([] { return std::string("made"); });
}

TEST(MadeOnce, IsOneForEachPlaceThatAsks) {
  EXPECT_EQ(OneText(), "made");
  EXPECT_EQ(&OneText(), &OneText());
  EXPECT_NE(&OneText(), &OtherText());
}

std::atomic<int> num_alive{0};

struct Counted {
  Counted() { ++num_alive; }
  Counted(const Counted&) = delete;
  ~Counted() { --num_alive; }
};

TEST(MadeOnce, ThreadsThatAskTogetherShareOne) {
  std::atomic<int> ready{0};
  std::vector<const Counted*> seen(8);
  std::vector<std::thread> threads;
  for (const Counted*& mine : seen) {
    threads.emplace_back([&] {
      ++ready;
      while (ready < 8) {
      }
      mine = &MadeOnce([] { return Counted(); });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::ranges::count(seen, seen.front()), 8);
  EXPECT_EQ(num_alive, 1);
}

}  // namespace
}  // namespace deltaic
