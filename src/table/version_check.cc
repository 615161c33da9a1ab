#include "table/version_check.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "protocol/log_file_name.h"
#include "storage/arrow_status.h"
#include "table/clock.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

/// No log cleanup takes away commits that are younger.
constexpr int64_t kNoCleanupWithinMs = 10 * 60 * 1000;
/// A longer commit is not read whole to know it again.
constexpr int64_t kMaxReadWhole = 64 * 1024;
/// What was seen longer ago does not count.
constexpr std::chrono::milliseconds kMaxAge{1000};

Status IsGone(const Snapshot& snapshot) {
  return Status::Conflict("version ", snapshot.version().value, " of ",
                          snapshot.store()->root_uri(),
                          " is not in the log any more: the table was deleted, made anew, or its "
                          "log cleaned up since that version was loaded; load the table again");
}

Result<std::string> ReadMarkedBytes(const LogStore& log, const LogFile& commit) {
  if (commit.size_bytes <= kMaxReadWhole) return log.Read(commit.name);
  DELTAIC_ASSIGN_OR_RETURN(const auto file, log.Open(commit.name, std::nullopt));
  DELTAIC_ASSIGN_OR_RETURN(const auto bytes,
                           file->ReadAt(0, static_cast<int64_t>(kMarkedCommitBytes)));
  return bytes->ToString();
}

/// By the commit's first bytes.
Status CheckByMark(const Snapshot& snapshot, uint64_t mark) {
  const LogFile& commit = *snapshot.segment().last_commit_file;
  const Result<std::string> bytes = ReadMarkedBytes(*snapshot.log(), commit);
  if (bytes.status().code() == StatusCode::kNotFound) return IsGone(snapshot);
  DELTAIC_RETURN_IF_ERROR(bytes.status());
  return MarkOfCommit(*bytes) == mark ? Status() : IsGone(snapshot);
}

/// By size and time of the file that tells of the version: its commit was not read.
Status CheckByListing(const Snapshot& snapshot) {
  const LogSegment& segment = snapshot.segment();
  const LogFile& file = segment.last_commit_file  ? *segment.last_commit_file
                        : segment.commits.empty() ? segment.checkpoint.front()
                                                  : segment.commits.back();
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<ObjectMeta> objects,
                           snapshot.log()->ListFrom(file.name));
  const auto there = std::ranges::find(objects, file.name, &ObjectMeta::path);
  const bool same = there != objects.end() && there->size_bytes == file.size_bytes &&
                    there->last_modified == file.last_modified;
  return same ? Status() : IsGone(snapshot);
}

/// Ok unless the commits after an old version have been cleaned up: the next version would then
/// seem free, and what is committed there would be lost below the newest checkpoint.
Status CheckNextVersionIsThere(const Snapshot& snapshot) {
  const auto& last = snapshot.segment().last_commit_file;
  if (last && NowMs() - last->last_modified.value < kNoCleanupWithinMs) return Status();
  const Version next = snapshot.version().Next();
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<ObjectMeta> files,
                           snapshot.log()->ListFrom(VersionPrefix(next)));
  bool newer = false;
  for (const ObjectMeta& file : files) {
    const std::optional<LogFileName> name = ParseLogFileName(file.path);
    if (!name) continue;
    if (name->kind == LogFileKind::kCommit && name->version == next) return Status();
    newer |= name->kind == LogFileKind::kCommit || name->is_checkpoint();
  }
  if (!newer) return Status();
  return Status::Conflict("commit ", next.value, " of ", snapshot.store()->root_uri(),
                          " is not in the log any more, so what came after version ",
                          snapshot.version().value,
                          " cannot be checked; run the operation again on the newest version");
}

}  // namespace

Status CheckStillInLog(const Snapshot& snapshot) {
  const std::optional<uint64_t> mark = snapshot.impl().commit_mark;
  DELTAIC_RETURN_IF_ERROR(mark && snapshot.segment().last_commit_file ? CheckByMark(snapshot, *mark)
                                                                      : CheckByListing(snapshot));
  return CheckNextVersionIsThere(snapshot);
}

CheckAhead::CheckAhead(SnapshotPtr snapshot)
    : snapshot_(std::move(snapshot)),
      begun_(std::chrono::steady_clock::now()),
      found_([checked = snapshot_]() -> Result<bool> {
        DELTAIC_RETURN_IF_ERROR(CheckStillInLog(*checked));
        return true;
      }) {}

Status CheckAhead::Get() {
  const Status found = found_.Get().status();
  if (!found.ok() || std::chrono::steady_clock::now() - begun_ <= kMaxAge) return found;
  return CheckStillInLog(*snapshot_);
}

}  // namespace deltaic
