#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/version_checksum.h"
#include "table/commit_loop.h"
#include "table/snapshot.h"
#include "table/table.h"

namespace deltaic {

// Version checksum files are written where they cost no look at the files of the table: begun by a
// checkpoint, which counts them anyway, or by another engine, and carried on by each commit after.

/// Whether a checkpoint of this table begins a row of checksum files: not where each commit would
/// wait for one more answer of a store far away.
bool BeginsChecksums(const ObjectStore& store);

/// The files and bytes of the table after a commit, told from those before it: no file list is
/// read. nullopt where that cannot be done for certain: the version before has no checksum, a
/// remove does not say its size, or the commit adds what a commit that overtook it has added.
/// \param base  what the commit was worked out on; nullptr: it is the table's first.
/// \param commits  all that follow `base`, the commit last.
std::optional<VersionChecksum> CountAfter(const Table& table, const SnapshotPtr& base,
                                          const std::vector<CommitText>& commits);

/// Writes the version checksum file of `snapshot`, whose commit is `commit`. A failure fails
/// nothing: the file is optional.
void WriteChecksum(const Snapshot& snapshot, const CommitText& commit, int64_t num_files,
                   int64_t table_size_bytes);

}  // namespace deltaic
