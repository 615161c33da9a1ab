// What every ObjectStore promises in storage/object_store.h.

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "contract/store_factories.h"
#include "storage/arrow_status.h"
#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr int64_t kNoLimit = int64_t{1} << 40;

class ObjectStoreContract : public ::testing::TestWithParam<StoreFactory> {
 protected:
  std::vector<std::string> ListFrom(std::string_view directory, std::string_view start_name) {
    const auto files = store_->ListFrom(directory, start_name);
    EXPECT_THAT(files, IsOk());
    std::vector<std::string> paths;
    if (files.ok()) {
      for (const ObjectMeta& file : *files) paths.push_back(file.path);
    }
    return paths;
  }

  std::vector<std::string> ListRecursive(std::string_view directory) {
    std::vector<std::string> paths;
    EXPECT_THAT(store_->ListRecursive(directory,
                                      [&](const ObjectMeta& file) {
                                        paths.push_back(file.path);
                                        return Status();
                                      }),
                IsOk());
    return paths;
  }

  void PutAll(std::initializer_list<std::string_view> paths) {
    for (const std::string_view path : paths) ASSERT_THAT(store_->Put(path, path), IsOk());
  }

  std::string ReadAll(std::string_view path) {
    const Result<std::string> bytes = store_->Read(path, kNoLimit);
    EXPECT_THAT(bytes, IsOk());
    return bytes.ok() ? *bytes : "";
  }

  /// An outcome of opening, or of the first read where the store waits for that.
  Status OpenAndRead(std::string_view path, int64_t size_bytes) {
    const auto file = store_->Open(path, size_bytes);
    if (!file.ok() || !GetParam().opens_unasked) return file.status();
    return AsStatus((*file)->ReadAt(0, size_bytes).status());
  }

  const TempFolder folder_;
  const std::shared_ptr<ObjectStore> store_ = GetParam().make(folder_);
};

TEST_P(ObjectStoreContract, RootUriHasASchemeAndNoSlashAtItsEnd) {
  EXPECT_THAT(store_->root_uri(), HasSubstr("://"));
  if (store_->root_uri() != "memory:///") {
    EXPECT_NE(store_->root_uri().back(), '/');
  }
}

TEST_P(ObjectStoreContract, AbsentObjectIsNotFound) {
  PutAll({"there"});
  for (const std::string_view path : {"absent", "absent/too", "there/below"}) {
    EXPECT_THAT(store_->Stat(path), StatusIs(StatusCode::kNotFound)) << path;
    EXPECT_THAT(store_->Open(path, std::nullopt), StatusIs(StatusCode::kNotFound)) << path;
    EXPECT_THAT(OpenAndRead(path, 10), StatusIs(StatusCode::kNotFound)) << path;
    EXPECT_THAT(store_->Read(path, kNoLimit), StatusIs(StatusCode::kNotFound)) << path;
    EXPECT_THAT(store_->Delete(path), IsOk()) << path;
  }
}

TEST_P(ObjectStoreContract, FolderIsNoObject) {
  PutAll({"f/x"});
  EXPECT_THAT(store_->Stat("f"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(store_->Open("f", std::nullopt), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(store_->Read("f", kNoLimit), StatusIs(StatusCode::kNotFound));
}

TEST_P(ObjectStoreContract, PathsThatAreNoObjectPathsAreRefusedByEveryCall) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view path : {""sv, "/etc/passwd"sv, "../x"sv, "a/../../x"sv, "a/.."sv,
                                      "a//b"sv, "a/./b"sv, "a/"sv, "a\0b"sv}) {
    const auto refused = StatusIs(StatusCode::kInvalidArgument);
    EXPECT_THAT(store_->Stat(path), refused) << path;
    EXPECT_THAT(store_->Open(path, std::nullopt), refused) << path;
    EXPECT_THAT(store_->Read(path, kNoLimit), refused) << path;
    EXPECT_THAT(store_->Create(path), refused) << path;
    EXPECT_THAT(store_->PutIfAbsent(path, "x"), refused) << path;
    EXPECT_THAT(store_->Put(path, "x"), refused) << path;
    EXPECT_THAT(store_->Delete(path), refused) << path;
    if (path.empty() || path == "a/") continue;  // these name folders
    EXPECT_THAT(store_->ListFrom(path, ""), refused) << path;
    EXPECT_THAT(store_->ListRecursive(path, [](const ObjectMeta&) { return Status(); }), refused)
        << path;
  }
}

TEST_P(ObjectStoreContract, PutThenReadGivesTheSameBytes) {
  const std::string with_nul("\0\xff\n", 3);
  const std::map<std::string, std::string> objects = {
      {"a", "1"},
      {"empty", ""},
      {"deep/er/x.json", with_nul},
      {"p=a%20b/ä ?#.parquet", std::string(1 << 20, 'z')}};
  for (const auto& [path, bytes] : objects) ASSERT_THAT(store_->Put(path, bytes), IsOk());
  for (const auto& [path, bytes] : objects) EXPECT_EQ(ReadAll(path), bytes) << path;
}

TEST_P(ObjectStoreContract, PutReplaces) {
  ASSERT_THAT(store_->Put("x", "a long first content"), IsOk());
  ASSERT_THAT(store_->Put("x", "second"), IsOk());
  EXPECT_EQ(ReadAll("x"), "second");
  EXPECT_THAT(ListRecursive(""), ElementsAre("x"));
}

TEST_P(ObjectStoreContract, PutIfAbsentCreatesOnceAndKeepsTheFirstBytes) {
  EXPECT_THAT(store_->PutIfAbsent("log/0.json", "first"), IsOkAndHolds(PutOutcome::kCreated));
  EXPECT_THAT(store_->PutIfAbsent("log/0.json", "2nd"), IsOkAndHolds(PutOutcome::kAlreadyExists));
  EXPECT_EQ(ReadAll("log/0.json"), "first");
  ASSERT_THAT(store_->Delete("log/0.json"), IsOk());
  EXPECT_THAT(store_->PutIfAbsent("log/0.json", ""), IsOkAndHolds(PutOutcome::kCreated));
  EXPECT_EQ(ReadAll("log/0.json"), "");
}

TEST_P(ObjectStoreContract, StatTellsPathSizeAndTimeOfTheLastPut) {
  using std::chrono::system_clock;
  const auto now_ms = [] {
    return std::chrono::floor<std::chrono::milliseconds>(system_clock::now())
        .time_since_epoch()
        .count();
  };
  // Clocks of file systems tick more slowly than the clock of the process.
  constexpr int64_t kTickMs = 2'000;
  const int64_t before = now_ms() - kTickMs;
  ASSERT_THAT(store_->Put("d/x", "12345"), IsOk());
  const auto meta = store_->Stat("d/x");
  ASSERT_THAT(meta, IsOk());
  EXPECT_EQ(meta->path, "d/x");
  EXPECT_EQ(meta->size_bytes, 5);
  EXPECT_GE(meta->last_modified.value, before);
  EXPECT_LE(meta->last_modified.value, now_ms() + kTickMs);
}

TEST_P(ObjectStoreContract, ReadRefusesMoreThanTheLimit) {
  ASSERT_THAT(store_->Put("x", "12345"), IsOk());
  EXPECT_THAT(store_->Read("x", 5), IsOkAndHolds("12345"));
  EXPECT_THAT(store_->Read("x", 4), StatusIs(StatusCode::kIo, HasSubstr("5 bytes")));
  EXPECT_THAT(store_->Read("x", 0), StatusIs(StatusCode::kIo));
}

TEST_P(ObjectStoreContract, ListFromStartsAtTheNameAndIsSortedByBytes) {
  PutAll({"log/2", "log/1", "log/10", "log/ä", "log/Z", "log/a", "log/.hidden", "log/_x"});
  EXPECT_THAT(ListFrom("log", ""), ElementsAre("log/.hidden", "log/1", "log/10", "log/2", "log/Z",
                                               "log/_x", "log/a", "log/ä"));
  EXPECT_THAT(ListFrom("log/", "10"),
              ElementsAre("log/10", "log/2", "log/Z", "log/_x", "log/a", "log/ä"));
  EXPECT_THAT(ListFrom("log", "11"), ElementsAre("log/2", "log/Z", "log/_x", "log/a", "log/ä"));
  EXPECT_THAT(ListFrom("log", "\xff"), IsEmpty());
}

TEST_P(ObjectStoreContract, ListFromLeavesOutFoldersAndWhatTheyHold) {
  PutAll({"a", "b/x", "b/y/z", "b-", "b0", "c", "log/1", "log/_sidecars/s", "log2/1"});
  EXPECT_THAT(ListFrom("", ""), ElementsAre("a", "b-", "b0", "c"));
  EXPECT_THAT(ListFrom("log", ""), ElementsAre("log/1"));
  EXPECT_THAT(ListFrom("lo", ""), IsEmpty());
  EXPECT_THAT(ListFrom("absent", ""), IsEmpty());
  EXPECT_THAT(ListFrom("b/y", "z"), ElementsAre("b/y/z"));
}

TEST_P(ObjectStoreContract, ListFromTellsSizesAndTimes) {
  PutAll({"log/1", "log/22"});
  const auto files = store_->ListFrom("log", "");
  ASSERT_THAT(files, IsOk());
  ASSERT_EQ(files->size(), 2u);
  for (const ObjectMeta& file : *files) {
    const auto meta = store_->Stat(file.path);
    ASSERT_THAT(meta, IsOk());
    EXPECT_EQ(file.size_bytes, meta->size_bytes);
    EXPECT_EQ(file.last_modified, meta->last_modified);
  }
}

TEST_P(ObjectStoreContract, ListRecursiveGoesDownFromTheDirectory) {
  PutAll({"a", "b/x", "b/y/z", "b0", "bb/x"});
  EXPECT_THAT(ListRecursive(""), UnorderedElementsAre("a", "b/x", "b/y/z", "b0", "bb/x"));
  EXPECT_THAT(ListRecursive("b"), UnorderedElementsAre("b/x", "b/y/z"));
  EXPECT_THAT(ListRecursive("b/y/"), UnorderedElementsAre("b/y/z"));
  EXPECT_THAT(ListRecursive("absent"), IsEmpty());
}

TEST_P(ObjectStoreContract, ListRecursiveStopsWithTheErrorOfTheVisitor) {
  PutAll({"a", "b/x", "c"});
  int visited = 0;
  EXPECT_THAT(store_->ListRecursive("",
                                    [&](const ObjectMeta&) {
                                      ++visited;
                                      return Status::Cancelled("enough");
                                    }),
              StatusIs(StatusCode::kCancelled, "enough"));
  EXPECT_EQ(visited, 1);
}

TEST_P(ObjectStoreContract, VisitorOfListRecursiveMayDelete) {
  PutAll({"a", "b/x", "c"});
  EXPECT_THAT(
      store_->ListRecursive("", [&](const ObjectMeta& file) { return store_->Delete(file.path); }),
      IsOk());
  EXPECT_THAT(ListRecursive(""), IsEmpty());
}

TEST_P(ObjectStoreContract, DeleteManyRemovesWhatIsNamedAndNothingElse) {
  PutAll({"a", "b/x", "b/y", "c", "d"});
  const std::vector<std::string> paths = {"c", "absent", "b/x", "absent/too", "d"};
  EXPECT_THAT(store_->DeleteMany(paths), IsOk());
  EXPECT_THAT(ListRecursive(""), UnorderedElementsAre("a", "b/y"));
  EXPECT_THAT(store_->DeleteMany(paths), IsOk());
  EXPECT_THAT(store_->DeleteMany({}), IsOk());
  EXPECT_THAT(store_->DeleteMany(std::vector<std::string>{"../x"}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ListRecursive(""), UnorderedElementsAre("a", "b/y"));
}

TEST_P(ObjectStoreContract, OpenReadsAnyRange) {
  ASSERT_THAT(store_->Put("x", "0123456789"), IsOk());
  for (const std::optional<int64_t> size : {std::optional<int64_t>(), std::optional<int64_t>(10)}) {
    const auto opened = store_->Open("x", size);
    ASSERT_THAT(opened, IsOk());
    arrow::io::RandomAccessFile& file = **opened;
    EXPECT_EQ(file.GetSize().ValueOrDie(), 10);
    EXPECT_EQ(file.ReadAt(3, 4).ValueOrDie()->ToString(), "3456");
    EXPECT_EQ(file.ReadAt(8, 100).ValueOrDie()->ToString(), "89");
    char out[4] = {};
    EXPECT_EQ(file.ReadAt(0, 3, out).ValueOrDie(), 3);
    EXPECT_STREQ(out, "012");
    ASSERT_TRUE(file.Seek(5).ok());
    EXPECT_EQ(file.Read(2).ValueOrDie()->ToString(), "56");
    EXPECT_EQ(file.Read(2, out).ValueOrDie(), 2);
    EXPECT_EQ(file.Tell().ValueOrDie(), 9);
    EXPECT_FALSE(file.ReadAt(-1, 4).ok());
    EXPECT_FALSE(file.ReadAt(0, -4).ok());
    ASSERT_TRUE(file.Close().ok());
    EXPECT_TRUE(file.closed());
    EXPECT_FALSE(file.ReadAt(0, 1).ok());
  }
}

TEST_P(ObjectStoreContract, OpenedObjectKeepsItsBytesWhenItIsReplacedOrDeleted) {
  ASSERT_THAT(store_->Put("x", "old content"), IsOk());
  const auto file = store_->Open("x", std::nullopt);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ((*file)->ReadAt(0, 3).ValueOrDie()->ToString(), "old");
  ASSERT_THAT(store_->Put("x", "new"), IsOk());
  if (!GetParam().keeps_opened) {
    EXPECT_THAT(AsStatus((*file)->ReadAt(0, 100).status()),
                StatusIs(StatusCode::kIo, HasSubstr("replaced")));
    return;
  }
  EXPECT_EQ((*file)->ReadAt(0, 100).ValueOrDie()->ToString(), "old content");
  ASSERT_THAT(store_->Delete("x"), IsOk());
  EXPECT_EQ((*file)->ReadAt(4, 100).ValueOrDie()->ToString(), "content");
}

TEST_P(ObjectStoreContract, WrittenObjectAppearsAtClose) {
  auto created = store_->Create("p=1/part.parquet");
  ASSERT_THAT(created, IsOk());
  ObjectWriter& writer = **created;
  ASSERT_TRUE(writer.stream()->Write("head", 4).ok());
  const std::string large(1 << 20, 'x');
  ASSERT_TRUE(writer.stream()->Write(large.data(), 1 << 20).ok());
  ASSERT_TRUE(writer.stream()->Flush().ok());
  EXPECT_EQ(writer.stream()->Tell().ValueOrDie(), 4 + (1 << 20));
  EXPECT_THAT(store_->Stat("p=1/part.parquet"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(ListRecursive(""), IsEmpty());
  ASSERT_TRUE(writer.stream()->Write("tail", 4).ok());
  EXPECT_THAT(writer.Close(), IsOkAndHolds((1 << 20) + 8));
  EXPECT_EQ(ReadAll("p=1/part.parquet"), "head" + large + "tail");
  EXPECT_THAT(ListRecursive(""), ElementsAre("p=1/part.parquet"));
  EXPECT_THAT(writer.Close(), StatusIs(StatusCode::kInvalidArgument)) << "closed twice";
}

TEST_P(ObjectStoreContract, ManySmallWritesArriveInOrder) {
  auto writer = store_->Create("x");
  ASSERT_THAT(writer, IsOk());
  std::string expected;
  for (int i = 0; i < 100'000; ++i) {
    const std::string part = std::to_string(i) + ",";
    expected += part;
    ASSERT_TRUE((*writer)->stream()->Write(part.data(), static_cast<int64_t>(part.size())).ok());
  }
  EXPECT_THAT((*writer)->Close(), IsOkAndHolds(static_cast<int64_t>(expected.size())));
  EXPECT_EQ(ReadAll("x"), expected);
}

TEST_P(ObjectStoreContract, EmptyObjectCanBeWritten) {
  auto writer = store_->Create("x");
  ASSERT_THAT(writer, IsOk());
  EXPECT_THAT((*writer)->Close(), IsOkAndHolds(0));
  EXPECT_EQ(ReadAll("x"), "");
}

TEST_P(ObjectStoreContract, CloseReplacesAnOlderObject) {
  ASSERT_THAT(store_->Put("x", "an older object"), IsOk());
  auto writer = store_->Create("x");
  ASSERT_THAT(writer, IsOk());
  ASSERT_TRUE((*writer)->stream()->Write("new", 3).ok());
  EXPECT_EQ(ReadAll("x"), "an older object");
  EXPECT_THAT((*writer)->Close(), IsOkAndHolds(3));
  EXPECT_EQ(ReadAll("x"), "new");
  EXPECT_THAT(ListRecursive(""), ElementsAre("x"));
}

TEST_P(ObjectStoreContract, AbortedOrDroppedWriterLeavesNothing) {
  {
    auto aborted = store_->Create("aborted");
    ASSERT_THAT(aborted, IsOk());
    ASSERT_TRUE((*aborted)->stream()->Write("bytes", 5).ok());
    (*aborted)->Abort();
    EXPECT_THAT((*aborted)->Close(), Not(IsOk()));
    auto dropped = store_->Create("dropped");
    ASSERT_THAT(dropped, IsOk());
    ASSERT_TRUE((*dropped)->stream()->Write("bytes", 5).ok());
  }
  EXPECT_THAT(ListRecursive(""), IsEmpty());
}

TEST_P(ObjectStoreContract, WriterOutlivesTheStore) {
  std::shared_ptr<ObjectStore> store = GetParam().make(folder_);
  auto writer = store->Create("x");
  ASSERT_THAT(writer, IsOk());
  store.reset();
  ASSERT_TRUE((*writer)->stream()->Write("bytes", 5).ok());
  EXPECT_THAT((*writer)->Close(), IsOkAndHolds(5));
}

INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreContract, ::testing::ValuesIn(AllStores()),
                         NameOfStore);

}  // namespace
}  // namespace deltaic::testing
