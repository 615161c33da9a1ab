#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <chrono>
#include <functional>
#include <thread>

#include "storage/arrow_status.h"
#include "storage/far_store.h"
#include "storage/log_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

using Clock = std::chrono::steady_clock;

/// What each call of a store says; of deletes nothing, since those clean up after cancelled work.
std::vector<Status> OutcomesOfCalls(ObjectStore& store) {
  return {store.Stat("x").status(),
          store.Open("x", std::nullopt).status(),
          store.Read("x", 100).status(),
          store.ListFrom("", "").status(),
          store.ListRecursive("", [](const ObjectMeta&) { return Status(); }),
          store.Create("new").status(),
          store.CreateListed("new").status(),
          store.PutIfAbsent("new", "").status(),
          store.Put("new", ""),
          store.PutHint("new", "")};
}

TEST(BoundStore, EveryCallFailsOnceItIsCancelled) {
  const auto store = MakeMemoryStore();
  ASSERT_THAT(store->Put("x", "0123456789"), IsOk());
  IoContext context{.cancel = CancellationToken()};
  const auto bound = store->With(context);
  const auto file = bound->Open("x", std::nullopt);
  ASSERT_THAT(file, IsOk());
  EXPECT_TRUE((*file)->ReadAt(0, 1).ok());

  context.cancel.Cancel();
  for (const Status& outcome : OutcomesOfCalls(*bound))
    EXPECT_THAT(outcome, StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(AsStatus((*file)->ReadAt(0, 1).status()), StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(bound->Delete("x"), IsOk());
  EXPECT_THAT(store->Stat("new"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(store->Put("x", ""), IsOk()) << "the store itself is not bound";
}

TEST(BoundStore, EveryCallFailsAfterTheDeadline) {
  const auto store = MakeMemoryStore();
  ASSERT_THAT(store->Put("x", "0123456789"), IsOk());
  const auto bound = store->With({.deadline = Clock::now()});
  for (const Status& outcome : OutcomesOfCalls(*bound))
    EXPECT_THAT(outcome, StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(store->With({.deadline = Clock::now() + std::chrono::hours(1)})->Read("x", 100),
              IsOkAndHolds("0123456789"));
}

TEST(BoundStore, ViewsOfViewsAreBoundByAll) {
  IoContext outer{.cancel = CancellationToken()};
  const auto twice = MakeMemoryStore()->With(outer)->With({.cancel = CancellationToken()});
  EXPECT_THAT(twice->Put("x", ""), IsOk());
  outer.cancel.Cancel();
  EXPECT_THAT(twice->Put("x", ""), StatusIs(StatusCode::kCancelled));
}

TEST(BoundStore, StoresOutsideAreBoundToo) {
  const auto store = MakeMemoryStore();
  store->AllowOutside([](std::string_view) { return MakeMemoryStore("memory://outside"); });
  IoContext context{.cancel = CancellationToken()};
  const auto outside = store->With(context)->OpenOutside("memory://outside");
  ASSERT_THAT(outside, IsOk());
  EXPECT_THAT((*outside)->Put("x", ""), IsOk());
  context.cancel.Cancel();
  EXPECT_THAT((*outside)->Put("x", ""), StatusIs(StatusCode::kCancelled));
}

TEST(BoundStore, LogOfABoundStoreIsBound) {
  IoContext context{.cancel = CancellationToken()};
  const auto log = MakeLogStore(MakeMemoryStore())->With(context);
  EXPECT_THAT(log->Put("1.json", "{}"), IsOk());
  context.cancel.Cancel();
  EXPECT_THAT(log->Read("1.json"), StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(log->ListFrom(""), StatusIs(StatusCode::kCancelled));
}

/// Runs `request` on a store whose requests take an hour, and ends it.
Status EndedRequest(const std::function<Status(ObjectStore&)>& request) {
  const auto inner = MakeMemoryStore();
  EXPECT_THAT(inner->Put("x", "0123456789"), IsOk());
  const auto far = MakeFarStore(inner, std::make_shared<FarRequests>(), std::chrono::hours(1));
  IoContext context{.cancel = CancellationToken()};
  Status outcome;
  std::thread reader([&] { outcome = request(*far->With(context)); });
  context.cancel.Cancel();
  reader.join();
  return outcome;
}

TEST(BoundStore, CancellationEndsARequestUnderWay) {
  EXPECT_THAT(EndedRequest([](ObjectStore& store) { return store.Read("x", 100).status(); }),
              StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(EndedRequest([](ObjectStore& store) { return store.Put("y", ""); }),
              StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(EndedRequest([](ObjectStore& store) {
                const auto file = store.Open("x", 10);
                return file.ok() ? AsStatus((*file)->ReadAt(0, 10).status()) : file.status();
              }),
              StatusIs(StatusCode::kCancelled));
}

TEST(BoundStore, DeadlineEndsARequestUnderWay) {
  const auto far =
      MakeFarStore(MakeMemoryStore(), std::make_shared<FarRequests>(), std::chrono::hours(1));
  const auto bound = far->With({.deadline = Clock::now() + std::chrono::milliseconds(5)});
  EXPECT_THAT(bound->Read("x", 100), StatusIs(StatusCode::kUnavailable));
}

TEST(RetryBudget, IsSharedByAllWhoTakeOfIt) {
  const auto budget = std::make_shared<RetryBudget>(2);
  const IoContext first{.retries = budget}, second{.retries = budget};
  EXPECT_TRUE(first.retries->Take());
  EXPECT_TRUE(second.retries->Take());
  EXPECT_FALSE(first.retries->Take());
  EXPECT_FALSE(second.retries->Take());
}

TEST(MemoryBudget, GivesWhatFitsAndAlwaysTheFirst) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.TryTake(1000)) << "work has to go on";
  EXPECT_FALSE(budget.TryTake(1));
  budget.Give(1000);
  EXPECT_TRUE(budget.TryTake(60));
  EXPECT_TRUE(budget.TryTake(40));
  EXPECT_FALSE(budget.TryTake(1));
  EXPECT_EQ(budget.taken(), 100);
}

}  // namespace
}  // namespace deltaic
