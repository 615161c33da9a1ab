#include "storage/range_fetch.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <random>
#include <string>

#include "storage/far_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

constexpr StoreTraits kTraits{.max_hole_bytes = 10, .max_request_bytes = 100, .max_requests = 4};

TEST(PlanRequests, JoinsOverSmallHolesAndSplitsLongRanges) {
  const auto plan = [](std::vector<ByteRange> ranges) { return PlanRequests(ranges, kTraits); };
  EXPECT_THAT(plan({}), IsEmpty());
  EXPECT_THAT(plan({{5, 0}}), IsEmpty());
  EXPECT_THAT(plan({{0, 5}, {15, 5}}), ElementsAre(ByteRange{0, 20}));
  EXPECT_THAT(plan({{0, 5}, {16, 5}}), ElementsAre(ByteRange{0, 5}, ByteRange{16, 5}));
  EXPECT_THAT(plan({{0, 100}}), ElementsAre(ByteRange{0, 100}));
  EXPECT_THAT(plan({{0, 101}}), ElementsAre(ByteRange{0, 51}, ByteRange{51, 50}));
  EXPECT_THAT(plan({{0, 60}, {65, 60}, {900, 1}}),
              ElementsAre(ByteRange{0, 63}, ByteRange{63, 62}, ByteRange{900, 1}));
}

class RangeFetchTest : public ::testing::Test {
 protected:
  RangeFetchTest() {
    std::mt19937 random(1);
    for (int i = 0; i < 5000; ++i) content_.push_back(static_cast<char>(random()));
    EXPECT_THAT(store_->Put("x", content_), IsOk());
    requests_->Reset();
  }

  std::shared_ptr<arrow::io::RandomAccessFile> Open(const IoContext& context = {}) {
    return *store_->With(context)->Open("x", static_cast<int64_t>(content_.size()));
  }

  std::string Expected(ByteRange range) const {
    return content_.substr(static_cast<size_t>(range.offset),
                           static_cast<size_t>(range.size_bytes));
  }

  std::string content_;
  const std::shared_ptr<FarRequests> requests_ = std::make_shared<FarRequests>();
  const std::shared_ptr<ObjectStore> store_ =
      MakeFarStore(MakeMemoryStore(), requests_, std::chrono::milliseconds(2));
};

TEST_F(RangeFetchTest, GivesEveryPartOfEachRange) {
  const std::vector<ByteRange> ranges = {{0, 10}, {15, 300}, {1000, 1}, {2000, 2999}};
  const auto fetch = RangeFetch::Start(Open(), ranges, kTraits);
  for (const ByteRange& range : ranges) {
    for (const ByteRange part :
         {range, ByteRange{range.offset, 1},
          ByteRange{range.offset + range.size_bytes / 2, (range.size_bytes + 1) / 2}}) {
      const auto bytes = fetch->Read(part);
      ASSERT_THAT(bytes, IsOk());
      EXPECT_EQ((*bytes)->ToString(), Expected(part));
    }
  }
  fetch->Wait();
  EXPECT_EQ(requests_->all().size(), PlanRequests(ranges, kTraits).size()) << "each once";
  EXPECT_LE(requests_->most_at_once(), kTraits.max_requests + 1);
}

TEST_F(RangeFetchTest, GivesFewerBytesWhereTheFileEnds) {
  const auto fetch = RangeFetch::Start(Open(), {{4900, 500}}, kTraits);
  const auto bytes = fetch->Read({4900, 500});
  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ((*bytes)->ToString(), content_.substr(4900));
}

TEST_F(RangeFetchTest, ErrorIsOfTheRequestThatFailed) {
  IoContext context{.cancel = CancellationToken()};
  auto file = Open(context);
  context.cancel.Cancel();
  const auto fetch = RangeFetch::Start(file, {{0, 1000}}, kTraits);
  fetch->Wait();
  EXPECT_THAT(fetch->Read({0, 10}), StatusIs(StatusCode::kCancelled));
}

TEST_F(RangeFetchTest, DroppedEarlyItMakesNoMoreRequests) {
  std::vector<ByteRange> ranges;
  for (int64_t i = 0; i < 100; ++i) ranges.push_back({i * 50, 10});
  RangeFetch::Start(Open(), ranges,
                    {.max_hole_bytes = 0, .max_request_bytes = 10, .max_requests = 2});
  EXPECT_LT(requests_->all().size(), 100u);
}

}  // namespace
}  // namespace deltaic
