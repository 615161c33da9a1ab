#include <algorithm>
#include <utility>

#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

/// The commits of `listing` that follow `base` without a gap.
std::vector<LogFile> NextCommits(const std::vector<LogFile>& listing, Version base) {
  std::vector<LogFile> out;
  for (const LogFile& file : listing) {
    // The listing is sorted by name, which is by version.
    if (file.parsed.kind == LogFileKind::kCommit && file.parsed.version == base.Next()) {
      out.push_back(file);
      base = base.Next();
    }
  }
  return out;
}

bool HasNewerCheckpoint(const std::vector<LogFile>& listing, Version base) {
  return std::ranges::any_of(listing, [&](const LogFile& file) {
    return file.parsed.is_checkpoint() && file.parsed.version > base;
  });
}

/// True if the file that tells the snapshot's version is listed, with its size.
bool HasVersionOf(const Snapshot::Impl& snapshot, const std::vector<LogFile>& listing) {
  const LogSegment& segment = snapshot.segment;
  const LogFile& last = segment.last_commit_file  ? *segment.last_commit_file
                        : segment.commits.empty() ? segment.checkpoint.front()
                                                  : segment.commits.back();
  // A compacted file is listed by its first version.
  if (last.parsed.kind == LogFileKind::kCompactedCommit) return true;
  const auto found = std::ranges::find(listing, last.name, &LogFile::name);
  return found != listing.end() && found->size_bytes == last.size_bytes;
}

}  // namespace

Result<SnapshotPtr> RefreshSnapshot(const SnapshotPtr& base) {
  const SnapshotPtr undamaged = LastAlternative(base);
  const Snapshot::Impl& old = undamaged->impl();
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> listing, ListLog(*old.log, base->version()));
  // Without its own version the base is of a table that was deleted, made anew or cleaned up.
  if (!HasVersionOf(old, listing)) return LoadSnapshot(old.store, old.log, std::nullopt);
  // A newer checkpoint is worth a new start: the tail that every listing replays becomes short
  // again.
  if (HasNewerCheckpoint(listing, base->version()))
    return LoadSnapshot(old.store, old.log, std::nullopt);
  const std::vector<LogFile> commits = NextCommits(listing, base->version());
  if (commits.empty()) return base;

  auto impl = std::make_unique<Snapshot::Impl>();
  impl->store = old.store;
  impl->log = old.log;
  impl->damaged = old.damaged;
  impl->segment = old.segment;
  impl->segment.version = commits.back().parsed.version;
  impl->segment.commits.insert(impl->segment.commits.end(), commits.begin(), commits.end());
  impl->segment.last_commit_file = commits.back();
  impl->segment.checksum.reset();
  for (const LogFile& file : listing) {
    if (file.parsed.kind == LogFileKind::kVersionChecksum &&
        file.parsed.version == impl->segment.version) {
      impl->segment.checksum = file;
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(const CommitChunks chunks,
                           ReadCommits(*old.log, commits, old.store->is_local()));
  impl->commit_mark = MarkOf(chunks, impl->segment.version);
  impl->protocol = old.protocol;
  impl->metadata = old.metadata;
  for (const auto& chunk : chunks) {
    if (chunk->protocol) impl->protocol = *chunk->protocol;
    if (chunk->metadata) impl->metadata = *chunk->metadata;
  }
  {
    const std::lock_guard lock(old.mutex);
    impl->checkpoint = old.checkpoint;
    // What the base has not read stays unread, with what follows it.
    if (old.commits != nullptr) {
      CommitChunks all = *old.commits;
      all.insert(all.end(), chunks.begin(), chunks.end());
      impl->commits = std::make_shared<const CommitChunks>(std::move(all));
    }
  }
  return MakeSnapshot(std::move(impl));
}

}  // namespace deltaic
