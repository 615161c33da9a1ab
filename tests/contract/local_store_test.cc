// What only a disk can do to us. The promises of every store are in object_store_contract_test.cc.

#include "storage/local_store.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <grp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "contract/child_process.h"
#include "contract/store_factories.h"
#include "storage/log_store.h"
#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> PathsOf(const Result<std::vector<ObjectMeta>>& files) {
  EXPECT_THAT(files, IsOk());
  std::vector<std::string> paths;
  if (files.ok()) {
    for (const ObjectMeta& file : *files) paths.push_back(file.path);
  }
  return paths;
}

TEST(LocalStore, RootUriIsAbsoluteAndEncoded) {
  EXPECT_EQ(MakeLocalStore("/tmp//t 1/./%/").value()->root_uri(), "file:///tmp/t%201/%25");
  EXPECT_EQ(MakeLocalStore("/a/../b").value()->root_uri(), "file:///a/../b");
  const std::string here = fs::current_path().string();
  EXPECT_THAT(MakeLocalStore("./t").value()->root_uri(), AllOf(HasSubstr(here), EndsWith("/t")));
}

TEST(LocalStore, RootThatIsNoPathIsRefused) {
  EXPECT_THAT(MakeLocalStore(""), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(MakeLocalStore(std::string("/tmp/a\0b", 8)), StatusIs(StatusCode::kInvalidArgument));
}

TEST(LocalStore, MakingItMakesNoFolder) {
  const TempFolder folder;
  const auto store = MakeLocalStore(folder.path() + "/t").value();
  EXPECT_THAT(PathsOf(store->ListFrom("", "")), ElementsAre());
  EXPECT_EQ(folder.CountEntries(), 0);
}

TEST(LocalStore, LeftTemporaryFilesAreNotListed) {
  const TempFolder folder;
  const auto store = LocalStoreAt(folder);
  std::ofstream(folder.path() + "/.deltaic-00112233.tmp") << "half";
  std::ofstream(folder.path() + "/.0.json.4f1c.tmp") << "half";
  ASSERT_THAT(store->Put("0.json", "whole"), IsOk());
  EXPECT_THAT(PathsOf(store->ListFrom("", "")), ElementsAre("0.json"));
  int visited = 0;
  EXPECT_THAT(store->ListRecursive("", [&](const ObjectMeta&) { return ++visited, Status(); }),
              IsOk());
  EXPECT_EQ(visited, 1);
}

TEST(LocalStore, LargeFoldersAreListedInWhole) {
  // More names than one thread looks at.
  constexpr int kFiles = 2500;
  const TempFolder folder;
  const auto store = LocalStoreAt(folder);
  std::vector<std::string> paths;
  for (int i = 0; i < kFiles; ++i) {
    paths.push_back("f" + std::to_string(10000 + i));
    std::ofstream(folder.path() + "/" + paths.back()) << std::string(i % 7, 'x');
  }
  ASSERT_THAT(store->Put("below/y", "12345678"), IsOk());
  fs::create_symlink("absent", folder.path() + "/to_nothing");
  const auto listed = store->ListFrom("", "");
  EXPECT_EQ(PathsOf(listed), paths);
  for (int i = 0; i < kFiles; ++i) ASSERT_EQ((*listed)[i].size_bytes, i % 7) << i;
  int64_t visited = 0, bytes = 0;
  EXPECT_THAT(store->ListRecursive("",
                                   [&](const ObjectMeta& file) {
                                     ++visited;
                                     bytes += file.size_bytes;
                                     return Status();
                                   }),
              IsOk());
  EXPECT_EQ(visited, kFiles + 1);
  EXPECT_EQ(bytes, 8 + kFiles / 7 * 21);
  EXPECT_THAT(store->DeleteMany(paths), IsOk());
  EXPECT_THAT(PathsOf(store->ListFrom("", "")), ElementsAre());
}

TEST(LocalStore, LinksToFilesAreObjectsAndLinksToFoldersAreNotEntered) {
  const TempFolder folder;
  const auto store = LocalStoreAt(folder);
  ASSERT_THAT(store->Put("d/x", "bytes"), IsOk());
  fs::create_symlink("x", folder.path() + "/d/to_file");
  fs::create_symlink("absent", folder.path() + "/d/to_nothing");
  fs::create_symlink("loop", folder.path() + "/d/loop");
  fs::create_directory_symlink("..", folder.path() + "/d/to_folder");
  EXPECT_THAT(PathsOf(store->ListFrom("d", "")), ElementsAre("d/to_file", "d/x"));
  EXPECT_THAT(store->Read("d/to_file", 100), IsOkAndHolds("bytes"));
  std::vector<std::string> paths;
  EXPECT_THAT(store->ListRecursive("",
                                   [&](const ObjectMeta& file) {
                                     paths.push_back(file.path);
                                     return Status();
                                   }),
              IsOk());
  EXPECT_THAT(paths, ::testing::UnorderedElementsAre("d/to_file", "d/x"));
}

TEST(LocalStore, PipeIsNoObjectAndDoesNotBlock) {
  const TempFolder folder;
  const auto store = LocalStoreAt(folder);
  ASSERT_EQ(mkfifo((folder.path() + "/pipe").c_str(), 0600), 0);
  EXPECT_THAT(store->Read("pipe", 100), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(store->Stat("pipe"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(PathsOf(store->ListFrom("", "")), ElementsAre());
}

TEST(LocalStore, FileCutShortWhileOpenGivesAShortRead) {
  const TempFolder folder;
  const auto store = LocalStoreAt(folder);
  ASSERT_THAT(store->Put("x", std::string(100'000, 'x')), IsOk());
  const auto file = store->Open("x", 100'000);
  ASSERT_THAT(file, IsOk());
  fs::resize_file(folder.path() + "/x", 10);
  EXPECT_EQ((*file)->ReadAt(0, 100'000).ValueOrDie()->size(), 10);
  EXPECT_EQ((*file)->ReadAt(50'000, 100).ValueOrDie()->size(), 0);
}

TEST(LocalStore, HugeRangeTakesNoMoreMemoryThanTheFileHas) {
  const TempFolder folder;
  const auto store = LocalStoreAt(folder);
  ASSERT_THAT(store->Put("x", "12345"), IsOk());
  const auto file = store->Open("x", std::nullopt);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ((*file)->ReadAt(1, int64_t{1} << 62).ValueOrDie()->ToString(), "2345");
}

TEST(LocalStore, TooLongLogFileIsCorruptionAndIsNotRead) {
  const TempFolder folder;
  const auto store = LocalStoreAt(folder);
  ASSERT_THAT(store->Put("_delta_log/0.json", ""), IsOk());
  // Sparse: takes no room on the disk.
  fs::resize_file(folder.path() + "/_delta_log/0.json", kMaxLogFileBytes + 1);
  EXPECT_THAT(MakeLogStore(store)->Read("0.json"),
              StatusIs(StatusCode::kCorruption, HasSubstr("_delta_log/0.json")));
}

TEST(LocalStore, ProcessesThatRaceForNamesHaveOneWinnerEach) {
  constexpr int kProcesses = 4;
  constexpr int kNames = 50;
  const TempFolder folder;
  const auto bytes_of = [](int process) {
    return std::string(20'000, static_cast<char>('a' + process));
  };
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int process = 0; process < kProcesses; ++process) {
    children.push_back(std::make_unique<ChildProcess>([&, process] {
      const auto store = LocalStoreAt(folder);
      int created = 0;
      for (int i = 0; i < kNames; ++i) {
        const auto outcome =
            store->PutIfAbsent("_delta_log/" + std::to_string(i), bytes_of(process));
        if (!outcome.ok()) return outcome.status().ToString();
        if (*outcome == PutOutcome::kCreated) ++created;
      }
      return std::to_string(created);
    }));
  }
  std::vector<std::string> claimed;
  for (const auto& child : children) claimed.push_back(child->Wait());

  std::vector<int> found(kProcesses);
  for (int i = 0; i < kNames; ++i) {
    const auto bytes = LocalStoreAt(folder)->Read("_delta_log/" + std::to_string(i), 1 << 20);
    ASSERT_THAT(bytes, IsOk());
    const int process = bytes->front() - 'a';
    ASSERT_EQ(*bytes, bytes_of(process));
    ++found[static_cast<size_t>(process)];
  }
  for (size_t process = 0; process < kProcesses; ++process) {
    EXPECT_EQ(claimed[process], std::to_string(found[process])) << process;
  }
  EXPECT_EQ(folder.CountEntries(), 1 + kNames) << "temporary files are left";
}

/// Puts and writes 1 MB objects where they have no room. \return the errors, one a line
std::string WriteWithoutRoom(const std::string& root) {
  const auto store = MakeLocalStore(root).value();
  const std::string large(1 << 20, 'x');
  std::string errors = store->PutIfAbsent("new", large).status().ToString();
  errors += "\n" + store->Put("replaced", large).ToString();
  auto writer = store->Create("data").value();
  // The failure may show at the write or, since writes are gathered, later; Close has to report it
  // at any rate.
  static_cast<void>(writer->stream()->Write(large.data(), 1 << 20).ok());
  static_cast<void>(writer->stream()->Write(large.data(), 10).ok());
  errors += "\n" + writer->Close().status().ToString();
  return errors;
}

void ExpectOldObjectAlone(const std::string& root) {
  const auto store = MakeLocalStore(root).value();
  EXPECT_THAT(PathsOf(store->ListFrom("", "")), ElementsAre("replaced"));
  EXPECT_THAT(store->Read("replaced", 100), IsOkAndHolds("old"));
  EXPECT_EQ(std::distance(fs::directory_iterator(root), fs::directory_iterator()), 1);
}

TEST(LocalStore, WriteOverTheFileSizeLimitLeavesNothing) {
  const TempFolder folder;
  ASSERT_THAT(LocalStoreAt(folder)->Put("replaced", "old"), IsOk());
  const std::string errors = RunInChild([&] {
    signal(SIGXFSZ, SIG_IGN);  // else the limit kills
    const rlimit limit{100'000, 100'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    return WriteWithoutRoom(folder.path());
  });
  const std::string line = "Io: writing .*: File too large: raise the file size limit";
  EXPECT_THAT(errors, ::testing::MatchesRegex(line + "\n" + line + "\n" + line));
  ExpectOldObjectAlone(folder.path());
}

TEST(LocalStore, FullDiskLeavesNothing) {
  const TempFolder folder;
  if (mount("none", folder.path().c_str(), "tmpfs", 0, "size=256k") != 0) {
    GTEST_SKIP() << "mounting a small disk is not permitted";
  }
  EXPECT_THAT(LocalStoreAt(folder)->Put("replaced", "old"), IsOk());
  const std::string errors = WriteWithoutRoom(folder.path());
  ExpectOldObjectAlone(folder.path());
  // Room comes back with the files that were given up.
  EXPECT_THAT(LocalStoreAt(folder)->Put("fits", std::string(200'000, 'x')), IsOk());
  EXPECT_EQ(umount(folder.path().c_str()), 0);
  const std::string line = "Io: writing .*disk full.*free some space";
  EXPECT_THAT(errors, ::testing::MatchesRegex(line + "\n" + line + "\n" + line));
}

/// For root nothing is denied; be someone else.
void GiveUpRights() {
  if (geteuid() != 0) return;
  constexpr uid_t kNobody = 65534;
  if (setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 || setuid(kNobody) != 0) _exit(99);
}

TEST(LocalStore, FolderThatMayNotBeWrittenIsPermissionDenied) {
  const TempFolder folder;
  ASSERT_THAT(LocalStoreAt(folder)->Put("x", "bytes"), IsOk());
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  const std::string outcome = RunInChild([&] {
    GiveUpRights();
    const auto store = LocalStoreAt(folder);
    std::string lines;
    for (const Status& status :
         {store->PutIfAbsent("new", "bytes").status(), store->PutIfAbsent("d/new", "").status(),
          store->Put("x", "bytes"), store->Create("new").status(), store->Delete("x")}) {
      lines += std::string(StatusCodeName(status.code())) + "\n";
    }
    return lines + store->Read("x", 100).status().ToString();
  });
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  std::string expected;
  for (int i = 0; i < 5; ++i) expected += "PermissionDenied\n";
  EXPECT_EQ(outcome, expected + "Ok");
  EXPECT_EQ(folder.CountEntries(), 1);
}

TEST(LocalStore, WhatMayNotBeReadIsPermissionDeniedAndNotAbsent) {
  const TempFolder folder;
  ASSERT_THAT(LocalStoreAt(folder)->Put("open/secret", "bytes"), IsOk());
  ASSERT_THAT(LocalStoreAt(folder)->Put("closed/x", "bytes"), IsOk());
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod((folder.path() + "/open/secret").c_str(), 0), 0);
  ASSERT_EQ(chmod((folder.path() + "/closed").c_str(), 0), 0);
  const std::string outcome = RunInChild([&] {
    GiveUpRights();
    const auto store = LocalStoreAt(folder);
    std::string lines;
    for (const Status& status :
         {store->Open("open/secret", std::nullopt).status(),
          store->Read("open/secret", 100).status(), store->Stat("closed/x").status(),
          store->ListFrom("closed", "").status(),
          store->ListRecursive("", [](const ObjectMeta&) { return Status(); })}) {
      lines += std::string(StatusCodeName(status.code())) + "\n";
    }
    return lines;
  });
  ASSERT_EQ(chmod((folder.path() + "/closed").c_str(), 0755), 0);
  std::string expected;
  for (int i = 0; i < 5; ++i) expected += "PermissionDenied\n";
  EXPECT_EQ(outcome, expected);
}

}  // namespace
}  // namespace deltaic::testing
