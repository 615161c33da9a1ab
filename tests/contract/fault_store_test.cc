#include "storage/fault_store.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <map>

#include "storage/arrow_status.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using Kind = Fault::Kind;
using ::testing::ElementsAre;

const Status kLost = Status::Unavailable("lost");

std::vector<std::string> PathsOf(const Result<std::vector<ObjectMeta>>& files) {
  EXPECT_THAT(files, IsOk());
  std::vector<std::string> paths;
  if (files.ok()) {
    for (const ObjectMeta& file : *files) paths.push_back(file.path);
  }
  return paths;
}

class FaultStoreTest : public ::testing::Test {
 protected:
  FaultStoreTest() {
    EXPECT_THAT(inner_->Put("there", "0123456789"), IsOk());
    EXPECT_THAT(inner_->Put("zlast", "z"), IsOk());
  }

  /// The next calls of this kind meet the fault.
  void Plan(StoreCall call, Kind kind) { faults_[call] = Fault{kind, kLost}; }

  Result<std::string> Inner(std::string_view path) { return inner_->Read(path, 1 << 20); }

  std::map<StoreCall, Fault> faults_;
  std::vector<std::string> asked_;  // paths, in the order of the calls
  const std::shared_ptr<ObjectStore> inner_ = MakeMemoryStore("memory://inner");
  const std::shared_ptr<ObjectStore> store_ =
      MakeFaultStore(inner_, [this](StoreCall call, std::string_view path) {
        asked_.emplace_back(path);
        const auto fault = faults_.find(call);
        return fault == faults_.end() ? Fault{} : fault->second;
      });
};

TEST_F(FaultStoreTest, HasTheRootOfTheStoreBeneath) {
  EXPECT_EQ(store_->root_uri(), "memory://inner");
  EXPECT_TRUE(store_->is_local());
}

TEST_F(FaultStoreTest, PlanIsAskedWithThePath) {
  ASSERT_THAT(store_->Stat("there"), IsOk());
  ASSERT_THAT(store_->Put("new", ""), IsOk());
  ASSERT_THAT(store_->ListFrom("folder", ""), IsOk());
  EXPECT_THAT(asked_, ElementsAre("there", "new", "folder"));
}

TEST_F(FaultStoreTest, FailBeforeReturnsTheStatusOfEachCallAndDoesNothing) {
  for (const StoreCall call :
       {StoreCall::kStat, StoreCall::kOpen, StoreCall::kRead, StoreCall::kList, StoreCall::kCreate,
        StoreCall::kPutIfAbsent, StoreCall::kPut, StoreCall::kDelete}) {
    Plan(call, Kind::kFailBefore);
  }
  const auto lost = StatusIs(StatusCode::kUnavailable, "lost");
  EXPECT_THAT(store_->Stat("there"), lost);
  EXPECT_THAT(store_->Open("there", std::nullopt), lost);
  EXPECT_THAT(store_->Read("there", 100), lost);
  EXPECT_THAT(store_->ListFrom("", ""), lost);
  EXPECT_THAT(store_->ListRecursive("", [](const ObjectMeta&) { return Status(); }), lost);
  EXPECT_THAT(store_->Create("new"), lost);
  EXPECT_THAT(store_->PutIfAbsent("new", "bytes"), lost);
  EXPECT_THAT(store_->Put("new", "bytes"), lost);
  EXPECT_THAT(store_->Delete("there"), lost);
  EXPECT_THAT(PathsOf(inner_->ListFrom("", "")), ElementsAre("there", "zlast"));
}

TEST_F(FaultStoreTest, FailAfterLosesOnlyTheReply) {
  for (const StoreCall call : {StoreCall::kPutIfAbsent, StoreCall::kPut, StoreCall::kDelete}) {
    Plan(call, Kind::kFailAfter);
  }
  const auto lost = StatusIs(StatusCode::kUnavailable, "lost");
  EXPECT_THAT(store_->PutIfAbsent("new", "bytes"), lost);
  EXPECT_THAT(Inner("new"), IsOkAndHolds("bytes"));
  EXPECT_THAT(store_->Put("there", "replaced"), lost);
  EXPECT_THAT(Inner("there"), IsOkAndHolds("replaced"));
  EXPECT_THAT(store_->Delete("zlast"), lost);
  EXPECT_THAT(Inner("zlast"), StatusIs(StatusCode::kNotFound));
}

TEST_F(FaultStoreTest, HalfWrittenPutsLeaveHalfOfTheBytes) {
  Plan(StoreCall::kPutIfAbsent, Kind::kHalfWritten);
  Plan(StoreCall::kPut, Kind::kHalfWritten);
  EXPECT_THAT(store_->PutIfAbsent("new", "1234567"), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Inner("new"), IsOkAndHolds("123"));
  EXPECT_THAT(store_->Put("there", "abcd"), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Inner("there"), IsOkAndHolds("ab"));
}

TEST_F(FaultStoreTest, StaleListingMissesTheNewestName) {
  Plan(StoreCall::kList, Kind::kStaleListing);
  EXPECT_THAT(PathsOf(store_->ListFrom("", "")), ElementsAre("there"));
  EXPECT_THAT(PathsOf(store_->ListFrom("", "zzz")), ElementsAre());
  std::vector<std::string> visited;
  EXPECT_THAT(store_->ListRecursive("",
                                    [&](const ObjectMeta& file) {
                                      visited.push_back(file.path);
                                      return Status();
                                    }),
              IsOk());
  EXPECT_THAT(visited, ElementsAre("there"));
}

TEST_F(FaultStoreTest, OpenedFileFailsWhenItIsRead) {
  const auto file = store_->Open("there", std::nullopt);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ((*file)->ReadAt(0, 3).ValueOrDie()->ToString(), "012");
  Plan(StoreCall::kRead, Kind::kFailBefore);
  char out[3];
  const auto lost = StatusIs(StatusCode::kUnavailable, "lost");
  EXPECT_THAT(AsStatus((*file)->ReadAt(0, 3)), lost);
  EXPECT_THAT(AsStatus((*file)->ReadAt(0, 3, out)), lost);
  EXPECT_THAT(AsStatus((*file)->Read(3)), lost);
  EXPECT_THAT(AsStatus((*file)->Read(3, out)), lost);
}

struct WriteCase {
  std::string name;
  Kind kind;
  std::string arrived;
};

void PrintTo(const WriteCase& write, std::ostream* os) { *os << write.name; }

class FaultyWrite : public FaultStoreTest, public ::testing::WithParamInterface<WriteCase> {};

TEST_P(FaultyWrite, SecondWriteFailsAndTheFirstStays) {
  auto writer = store_->Create("new");
  ASSERT_THAT(writer, IsOk());
  ASSERT_TRUE((*writer)->stream()->Write("12", 2).ok());
  Plan(StoreCall::kWrite, GetParam().kind);
  EXPECT_THAT(AsStatus((*writer)->stream()->Write("3456", 4)),
              StatusIs(StatusCode::kUnavailable, "lost"));
  // A caller that goes on in spite of it finds what arrived.
  ASSERT_THAT((*writer)->Close(), IsOk());
  EXPECT_THAT(Inner("new"), IsOkAndHolds(GetParam().arrived));
}

INSTANTIATE_TEST_SUITE_P(Kinds, FaultyWrite,
                         ::testing::Values(WriteCase{"FailBefore", Kind::kFailBefore, "12"},
                                           WriteCase{"HalfWritten", Kind::kHalfWritten, "1234"},
                                           WriteCase{"FailAfter", Kind::kFailAfter, "123456"}),
                         [](const auto& info) { return info.param.name; });

TEST_F(FaultStoreTest, FailedCloseShowsTheObjectOnlyIfItWasDone) {
  for (const Kind kind : {Kind::kFailBefore, Kind::kHalfWritten}) {
    Plan(StoreCall::kClose, kind);
    auto writer = store_->Create("new");
    ASSERT_THAT(writer, IsOk());
    EXPECT_THAT((*writer)->Close(), StatusIs(StatusCode::kUnavailable));
    EXPECT_THAT(Inner("new"), StatusIs(StatusCode::kNotFound));
  }
  Plan(StoreCall::kClose, Kind::kFailAfter);
  auto writer = store_->Create("new");
  ASSERT_THAT(writer, IsOk());
  EXPECT_THAT((*writer)->Close(), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Inner("new"), IsOkAndHolds(""));
}

TEST_F(FaultStoreTest, DroppedWriterLeavesNothing) {
  ASSERT_THAT(store_->Create("new"), IsOk());
  EXPECT_THAT(Inner("new"), StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace deltaic::testing
