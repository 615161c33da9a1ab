#include "table/snapshot_advance.h"

#include <arrow/record_batch.h>

#include <utility>

#include "protocol/log_file_name.h"
#include "storage/arrow_status.h"
#include "table/checksum_writing.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

using ChunkPtr = std::shared_ptr<const CommitChunk>;

LogFile FileOf(std::string name, int64_t size_bytes, TimestampMs now) {
  LogFileName parsed = *ParseLogFileName(name);
  return {std::move(name), std::move(parsed), size_bytes, now};
}

template <typename T>
void Append(std::vector<T>& out, const std::vector<T>& more) {
  out.insert(out.end(), more.begin(), more.end());
}

/// What both say, `older` first.
Result<ChunkPtr> Join(const CommitChunk& older, const CommitChunk& newer) {
  CommitChunk out = older;
  for (CommitEntry entry : newer.commits) {
    entry.adds_begin += older.adds->num_rows();
    entry.adds_end += older.adds->num_rows();
    entry.removes_begin += older.removes->num_rows();
    entry.removes_end += older.removes->num_rows();
    out.commits.push_back(std::move(entry));
  }
  DELTAIC_ASSIGN_OR_RETURN(out.adds, arrow::ConcatenateRecordBatches({older.adds, newer.adds}));
  DELTAIC_ASSIGN_OR_RETURN(out.removes,
                           arrow::ConcatenateRecordBatches({older.removes, newer.removes}));
  if (newer.protocol) out.protocol = newer.protocol;
  if (newer.metadata) out.metadata = newer.metadata;
  Append(out.txns, newer.txns);
  Append(out.domains, newer.domains);
  Append(out.sidecars, newer.sidecars);
  return std::make_shared<const CommitChunk>(std::move(out));
}

/// Joins neighbours of like size, so that a writer's thousand commits are ten chunks and each is
/// copied ten times.
Status JoinSmall(CommitChunks& chunks) {
  while (chunks.size() > 1) {
    const ChunkPtr& older = chunks[chunks.size() - 2];
    const ChunkPtr& newer = chunks.back();
    if (older->commits.size() > 2 * newer->commits.size()) break;
    DELTAIC_ASSIGN_OR_RETURN(ChunkPtr joined, Join(*older, *newer));
    chunks.pop_back();
    chunks.back() = std::move(joined);
  }
  return Status();
}

}  // namespace

Result<SnapshotPtr> AdvanceSnapshot(const Table& table, const SnapshotPtr& base,
                                    const std::vector<CommitText>& commits, TimestampMs now,
                                    std::optional<VersionChecksum> counts) {
  auto impl = std::make_unique<Snapshot::Impl>();
  impl->store = table.store();
  impl->log = table.log();
  CommitChunks chunks;
  // What the base has not read stays unread, with what follows it.
  bool known = true;
  if (base != nullptr) {
    const SnapshotPtr undamaged = LastAlternative(base);
    const Snapshot::Impl& old = undamaged->impl();
    impl->damaged = old.damaged;
    impl->segment = old.segment;
    impl->protocol = old.protocol;
    impl->metadata = old.metadata;
    const std::lock_guard lock(old.mutex);
    impl->checkpoint = old.checkpoint;
    if (old.commits != nullptr) chunks = *old.commits;
    known = old.commits != nullptr;
  }
  impl->segment.checksum.reset();
  for (const CommitText& commit : commits) {
    const LogFile file =
        FileOf(CommitFileName(commit.version), static_cast<int64_t>(commit.text.size()), now);
    CommitChunkBuilder builder;
    DELTAIC_RETURN_IF_ERROR(builder.Append(commit.version, commit.version, commit.text, file.name));
    DELTAIC_ASSIGN_OR_RETURN(ChunkPtr chunk, builder.Finish());
    impl->commit_mark = chunk->commits.back().mark;
    if (chunk->protocol) impl->protocol = *chunk->protocol;
    if (chunk->metadata) impl->metadata = *chunk->metadata;
    if (known) {
      chunks.push_back(std::move(chunk));
      DELTAIC_RETURN_IF_ERROR(JoinSmall(chunks));
    }
    impl->segment.version = commit.version;
    impl->segment.commits.push_back(file);
    impl->segment.last_commit_file = file;
  }
  if (known) impl->commits = std::make_shared<const CommitChunks>(std::move(chunks));
  if (counts) {
    impl->segment.checksum = FileOf(VersionChecksumFileName(impl->segment.version), 0, now);
    impl->checksum = std::move(counts);
  }
  return MakeSnapshot(std::move(impl));
}

Result<SnapshotPtr> RestOnCheckpoint(const Snapshot& snapshot, const WrittenCheckpoint& checkpoint,
                                     TimestampMs now) {
  const Snapshot::Impl& old = snapshot.impl();
  auto impl = std::make_unique<Snapshot::Impl>();
  impl->store = old.store;
  impl->log = old.log;
  impl->segment = old.segment;
  impl->segment.checkpoint_version = snapshot.version();
  impl->segment.checkpoint = {FileOf(checkpoint.top.name, checkpoint.top.size_bytes, now)};

  impl->segment.commits.clear();
  impl->commits = std::make_shared<const CommitChunks>();
  impl->commit_mark = old.commit_mark;
  impl->protocol = old.protocol;
  impl->metadata = old.metadata;
  if (old.checksum || BeginsChecksums(*old.store)) {
    impl->segment.checksum = FileOf(VersionChecksumFileName(snapshot.version()), 0, now);
    impl->checksum = VersionChecksum{.table_size_bytes = checkpoint.num_data_bytes,
                                     .num_files = checkpoint.num_files};
  }
  {
    const std::lock_guard lock(old.mutex);
    impl->totals = old.totals;
    impl->txns = old.txns;
    impl->domains = old.domains;
    impl->timestamp = old.timestamp;
  }
  return MakeSnapshot(std::move(impl));
}

}  // namespace deltaic
