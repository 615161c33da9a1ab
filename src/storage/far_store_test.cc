#include "storage/far_store.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <thread>

#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using Kind = FarRequest::Kind;

class FarStoreTest : public ::testing::Test {
 protected:
  FarStoreTest() { EXPECT_THAT(store_->Put("x", "0123456789"), IsOk()); }

  const std::shared_ptr<FarRequests> requests_ = std::make_shared<FarRequests>();
  const std::shared_ptr<ObjectStore> store_ =
      MakeFarStore(MakeMemoryStore(), requests_, std::chrono::milliseconds(20));
};

TEST_F(FarStoreTest, SaysThatItIsFar) { EXPECT_FALSE(store_->traits().is_near()); }

TEST_F(FarStoreTest, FileOfAKnownSizeOpensWithoutARequest) {
  requests_->Reset();
  const auto file = store_->Open("x", 10);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(requests_->all().size(), 0u);
  ASSERT_TRUE((*file)->ReadAt(2, 3).ok());
  ASSERT_EQ(requests_->all().size(), 1u);
  const FarRequest request = requests_->all().front();
  EXPECT_EQ(request.kind, Kind::kGet);
  EXPECT_EQ(request.path, "x");
  EXPECT_EQ(request.offset, 2);
  EXPECT_EQ(request.num_bytes, 3);
  ASSERT_THAT(store_->Open("x", std::nullopt), IsOk());
  EXPECT_EQ(requests_->Count(Kind::kHead), 1);
}

TEST_F(FarStoreTest, RequestsAfterOneAnotherAreRoundsOfTheirOwn) {
  requests_->Reset();
  for (int i = 0; i < 3; ++i) ASSERT_THAT(store_->Read("x", 100), IsOk());
  EXPECT_EQ(requests_->rounds(), 3);
  EXPECT_EQ(requests_->most_at_once(), 1);
  requests_->Reset();
  EXPECT_EQ(requests_->rounds(), 0);
}

TEST_F(FarStoreTest, RequestsAtOnceAreOneRound) {
  requests_->Reset();
  // As the test cannot say when threads run, the requests are begun and ended by hand.
  const size_t first = requests_->Begin({});
  const size_t second = requests_->Begin({});
  requests_->End(first);
  requests_->End(second);
  requests_->End(requests_->Begin({}));
  EXPECT_EQ(requests_->rounds(), 2);
  EXPECT_EQ(requests_->most_at_once(), 2);
}

TEST_F(FarStoreTest, WrittenFileIsOneRequestAndALongListingOneAPage) {
  requests_->Reset();
  auto writer = store_->Create("new");
  ASSERT_THAT(writer, IsOk());
  ASSERT_TRUE((*writer)->stream()->Write("bytes", 5).ok());
  EXPECT_EQ(requests_->all().size(), 0u);
  ASSERT_THAT((*writer)->Close(), IsOk());
  EXPECT_EQ(requests_->Count(Kind::kPut), 1);

  const auto inner = MakeMemoryStore();
  for (int i = 0; i < 1001; ++i) ASSERT_THAT(inner->Put(std::to_string(i), ""), IsOk());
  const auto listed = std::make_shared<FarRequests>();
  const auto far = MakeFarStore(inner, listed, std::chrono::microseconds(0));
  ASSERT_THAT(far->ListFrom("", ""), IsOk());
  EXPECT_EQ(listed->Count(Kind::kList), 2);
}

}  // namespace
}  // namespace deltaic
