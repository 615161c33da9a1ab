#include "storage/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "contract/child_process.h"
#include "contract/store_factories.h"
#include "storage/local_listing.h"
#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kNotAllowed[] = "the system allows no filter";

std::string ReadFile(const std::string& path) {
  const Result<OpenedFile> file = OpenForReading(path);
  if (!file.ok()) return file.status().ToString();
  return ReadFromStart(file->fd.get(), file->info.st_size, path).value();
}

/// Writes `bytes` in two pieces and publishes them. \return "Created", "AlreadyExists" or an error
std::string PutNew(const std::string& folder, const std::string& name, std::string_view bytes,
                   TempFileKind kind = TempFileKind::kUnnamed) {
  Result<AtomicFile> file = AtomicFile::Create(folder, kind);
  if (!file.ok()) return file.status().ToString();
  for (const std::string_view half :
       {bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2)}) {
    if (const Status written = file->Write(half); !written.ok()) return written.ToString();
  }
  const Result<PutOutcome> outcome = file->PublishNew(name);
  if (!outcome.ok()) return outcome.status().ToString();
  return *outcome == PutOutcome::kCreated ? "Created" : "AlreadyExists";
}

std::string Replace(const std::string& folder, const std::string& name, std::string_view bytes) {
  Result<AtomicFile> file = AtomicFile::Create(folder);
  if (!file.ok()) return file.status().ToString();
  if (const Status written = file->Write(bytes); !written.ok()) return written.ToString();
  return file->Publish(name).ToString();
}

class AtomicFileOfKind : public ::testing::TestWithParam<TempFileKind> {
 protected:
  const TempFolder folder_;
};

TEST_P(AtomicFileOfKind, PublishNewGivesTheNameOnce) {
  EXPECT_EQ(PutNew(folder_.path(), "x", "first", GetParam()), "Created");
  EXPECT_EQ(PutNew(folder_.path(), "x", "second", GetParam()), "AlreadyExists");
  EXPECT_EQ(ReadFile(folder_.path() + "/x"), "first");
  EXPECT_EQ(folder_.CountEntries(), 1) << "a temporary file is left";
}

TEST_P(AtomicFileOfKind, PublishReplaces) {
  for (const std::string bytes : {"first", "second"}) {
    Result<AtomicFile> file = AtomicFile::Create(folder_.path(), GetParam());
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT(file->Write(bytes), IsOk());
    ASSERT_THAT(file->Publish("x"), IsOk());
    EXPECT_EQ(ReadFile(folder_.path() + "/x"), bytes);
  }
  EXPECT_EQ(folder_.CountEntries(), 1) << "a temporary file is left";
}

using Publish = Status (AtomicFile::*)(const std::string& name);

TEST_P(AtomicFileOfKind, EveryWayToPublishReplaces) {
  for (const Publish publish : {&AtomicFile::PublishUnannounced, &AtomicFile::PublishHint}) {
    const TempFolder folder;
    for (const std::string bytes : {"first", "second", "third"}) {
      Result<AtomicFile> file = AtomicFile::Create(folder.path(), GetParam());
      ASSERT_THAT(file, IsOk());
      ASSERT_THAT(file->Write(bytes), IsOk());
      ASSERT_THAT(((*file).*publish)("x"), IsOk());
      EXPECT_EQ(ReadFile(folder.path() + "/x"), bytes);
    }
    EXPECT_EQ(folder.CountEntries(), 1) << "a temporary file is left";
  }
}

TEST_P(AtomicFileOfKind, UnpublishedFileLeavesNothing) {
  {
    Result<AtomicFile> file = AtomicFile::Create(folder_.path(), GetParam());
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT(file->Write("bytes"), IsOk());
    AtomicFile moved = *std::move(file);
    ASSERT_THAT(moved.Write("more"), IsOk());
  }
  EXPECT_EQ(folder_.CountEntries(), 0);
}

TEST_P(AtomicFileOfKind, MissingFoldersAreMade) {
  EXPECT_EQ(PutNew(folder_.path() + "/a/b/c", "x", "bytes", GetParam()), "Created");
  EXPECT_EQ(ReadFile(folder_.path() + "/a/b/c/x"), "bytes");
}

TEST_P(AtomicFileOfKind, FileInTheWayOfAFolderIsAnError) {
  ASSERT_EQ(PutNew(folder_.path(), "x", "bytes"), "Created");
  EXPECT_THAT(PutNew(folder_.path() + "/x", "y", "bytes", GetParam()), StartsWith("Io: "));
}

TEST_P(AtomicFileOfKind, ModeFollowsTheUmask) {
  const mode_t old = umask(027);
  EXPECT_EQ(PutNew(folder_.path(), "x", "bytes", GetParam()), "Created");
  umask(old);
  struct stat info;
  ASSERT_EQ(stat((folder_.path() + "/x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

/// A process that creates files one after the other dies at any moment: each name that exists has
/// all of its bytes.
TEST_P(AtomicFileOfKind, KilledWriterLeavesNoPartialFile) {
  const auto content = [](int i) { return std::string(300'000, static_cast<char>('a' + i % 26)); };
  for (int round = 0; round < 5; ++round) {
    const std::string folder = folder_.path() + "/" + std::to_string(round);
    ChildProcess writer([&] {
      for (int i = 0;; ++i) PutNew(folder, std::to_string(i), content(i), GetParam());
      return "";
    });
    // Death comes at another step of a file in each round; how far the writer got does not matter.
    while (!fs::exists(folder + "/" + std::to_string(3 + round))) usleep(137 * (round + 1));
    writer.Kill();

    const Result<FolderEntries> entries = ListLocalFolder(folder, "");
    ASSERT_THAT(entries, IsOk());
    EXPECT_GE(entries->files.size(), static_cast<size_t>(4 + round));
    for (const ObjectMeta& file : entries->files) {
      EXPECT_EQ(ReadFile(folder + "/" + file.path), content(std::stoi(file.path))) << file.path;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, AtomicFileOfKind,
                         ::testing::Values(TempFileKind::kUnnamed, TempFileKind::kNamed),
                         [](const auto& info) {
                           return info.param == TempFileKind::kUnnamed ? "Unnamed" : "Named";
                         });

/// What a file system lacks, and what comes of it.
struct LackCase {
  std::string name;
  std::vector<SyscallFault> lacks;
  std::string first_put;
  std::string second_put;
};

void PrintTo(const LackCase& lack, std::ostream* os) { *os << lack.name; }

constexpr uint32_t kTmpFileBit = O_TMPFILE & ~O_DIRECTORY;
const SyscallFault kNoUnnamedFiles{SYS_openat, EOPNOTSUPP, 2, kTmpFileBit, kTmpFileBit};
const SyscallFault kNoHardLinks{SYS_linkat, EPERM};
const SyscallFault kNoExclusiveRename{SYS_renameat2, EINVAL, 4, 1, 1};

class FileSystemLacking : public ::testing::TestWithParam<LackCase> {};

TEST_P(FileSystemLacking, StillCreatesExclusivelyOrSaysThatItCannot) {
  const TempFolder folder;
  const std::string outcome = RunInChild([&]() -> std::string {
    if (!InstallSyscallFaults(GetParam().lacks)) return kNotAllowed;
    std::string lines = PutNew(folder.path(), "x", "first");
    lines += "\n" + PutNew(folder.path(), "x", "second");
    lines += "\n" + Replace(folder.path(), "y", "older");
    lines += "\n" + Replace(folder.path(), "y", "newer");
    return lines;
  });
  if (outcome == kNotAllowed) GTEST_SKIP() << kNotAllowed;
  std::vector<std::string> lines;
  std::istringstream stream(outcome);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 4u) << outcome;
  EXPECT_THAT(lines[0], HasSubstr(GetParam().first_put));
  EXPECT_THAT(lines[1], HasSubstr(GetParam().second_put));
  EXPECT_EQ(lines[2], "Ok");
  EXPECT_EQ(lines[3], "Ok");
  const bool created = lines[0] == "Created";
  if (created) {
    EXPECT_EQ(ReadFile(folder.path() + "/x"), "first");
  }
  EXPECT_EQ(ReadFile(folder.path() + "/y"), "newer");
  EXPECT_EQ(folder.CountEntries(), created ? 2 : 1) << "a temporary file is left";
}

INSTANTIATE_TEST_SUITE_P(
    Systems, FileSystemLacking,
    ::testing::Values(LackCase{"UnnamedFiles", {kNoUnnamedFiles}, "Created", "AlreadyExists"},
                      LackCase{
                          "HardLinks", {kNoUnnamedFiles, kNoHardLinks}, "Created", "AlreadyExists"},
                      LackCase{"AnyExclusiveWay",
                               {kNoUnnamedFiles, kNoHardLinks, kNoExclusiveRename},
                               "Unsupported: ",
                               "commits there would not be safe"}),
    [](const auto& info) { return info.param.name; });

TEST(AtomicFile, FailedSyncPublishesNothing) {
  const TempFolder folder;
  const std::string outcome = RunInChild([&]() -> std::string {
    if (!InstallSyscallFaults({{SYS_fsync, EIO}})) return kNotAllowed;
    return PutNew(folder.path(), "x", "bytes");
  });
  if (outcome == kNotAllowed) GTEST_SKIP() << kNotAllowed;
  EXPECT_THAT(outcome, StartsWith("Io: syncing "));
  EXPECT_EQ(folder.CountEntries(), 0);
}

TEST(AtomicFile, FailedSyncTakesAnUnannouncedNameBack) {
  const TempFolder folder;
  const std::string outcome = RunInChild([&]() -> std::string {
    if (!InstallSyscallFaults({{SYS_fsync, EIO}})) return kNotAllowed;
    Result<AtomicFile> file = AtomicFile::Create(folder.path());
    if (!file.ok()) return file.status().ToString();
    return file->PublishUnannounced("x").ToString();
  });
  if (outcome == kNotAllowed) GTEST_SKIP() << kNotAllowed;
  EXPECT_THAT(outcome, StartsWith("Io: syncing "));
  EXPECT_EQ(folder.CountEntries(), 0);
}

TEST(AtomicFile, UnannouncedFileIsPublishedWhereTheKindOfFileSystemIsNotKnown) {
  const TempFolder folder;
  const std::string outcome = RunInChild([&]() -> std::string {
    if (!InstallSyscallFaults({{SYS_fstatfs, ENOSYS}})) return kNotAllowed;
    Result<AtomicFile> file = AtomicFile::Create(folder.path());
    if (!file.ok()) return file.status().ToString();
    if (const Status written = file->Write("bytes"); !written.ok()) return written.ToString();
    return file->PublishUnannounced("x").ToString();
  });
  if (outcome == kNotAllowed) GTEST_SKIP() << kNotAllowed;
  EXPECT_EQ(outcome, "Ok");
  EXPECT_EQ(ReadFile(folder.path() + "/x"), "bytes");
}

TEST(AtomicFile, HintIsPublishedWithoutSync) {
  const TempFolder folder;
  const std::string outcome = RunInChild([&]() -> std::string {
    if (!InstallSyscallFaults({{SYS_fsync, EIO}})) return kNotAllowed;
    Result<AtomicFile> file = AtomicFile::Create(folder.path());
    if (!file.ok()) return file.status().ToString();
    return file->PublishHint("x").ToString();
  });
  if (outcome == kNotAllowed) GTEST_SKIP() << kNotAllowed;
  EXPECT_EQ(outcome, "Ok");
  EXPECT_EQ(folder.CountEntries(), 1);
}

TEST(AtomicFile, FailedSyncOfTheFolderIsAnUnknownCommit) {
  const TempFolder folder;
  const std::string outcome = RunInChild([&]() -> std::string {
    // The file gets the lowest free descriptor and the folder the one after it.
    const int file_fd = dup(0);
    close(file_fd);
    const auto folder_fd = static_cast<uint32_t>(file_fd + 1);
    if (!InstallSyscallFaults({{SYS_fsync, EIO, 0, 0xffff, folder_fd}})) return kNotAllowed;
    return PutNew(folder.path(), "x", "bytes");
  });
  if (outcome == kNotAllowed) GTEST_SKIP() << kNotAllowed;
  EXPECT_THAT(outcome, StartsWith("CommitUnknown: "));
  EXPECT_EQ(ReadFile(folder.path() + "/x"), "bytes");
}

TEST(AtomicFile, FolderThatCannotBeSyncedIsNoError) {
  const TempFolder folder;
  const std::string outcome = RunInChild([&]() -> std::string {
    const int file_fd = dup(0);
    close(file_fd);
    const auto folder_fd = static_cast<uint32_t>(file_fd + 1);
    if (!InstallSyscallFaults({{SYS_fsync, EINVAL, 0, 0xffff, folder_fd}})) return kNotAllowed;
    return PutNew(folder.path(), "x", "bytes");
  });
  if (outcome == kNotAllowed) GTEST_SKIP() << kNotAllowed;
  EXPECT_EQ(outcome, "Created");
}

TEST(IsTempFileName, KnowsTemporaryFilesOfThisAndOtherWriters) {
  EXPECT_TRUE(IsTempFileName(".deltaic-0123456789abcdef.tmp"));
  EXPECT_TRUE(IsTempFileName(".00000000000000000001.json.4f1c.tmp"));
  EXPECT_FALSE(IsTempFileName("00000000000000000001.json"));
  EXPECT_FALSE(IsTempFileName("x.tmp"));
  EXPECT_FALSE(IsTempFileName(".00000000000000000001.json.crc"));
}

}  // namespace
}  // namespace deltaic::testing
