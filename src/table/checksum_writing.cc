#include "table/checksum_writing.h"

#include <set>
#include <string>
#include <utility>
#include <variant>

#include "base/log_sink.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "protocol/version_checksum_format.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

using Counts = std::optional<VersionChecksum>;

Counts CountsOf(const Snapshot& snapshot) {
  const Snapshot::Impl& impl = snapshot.impl();
  if (!impl.checksum) return std::nullopt;
  const std::lock_guard lock(impl.mutex);
  if (!impl.totals) return impl.checksum;
  return VersionChecksum{.table_size_bytes = impl.totals->total_bytes,
                         .num_files = impl.totals->num_files};
}

/// The counts before the last of `commits`.
Counts CountsBefore(const Table& table, const SnapshotPtr& base,
                    const std::vector<CommitText>& commits) {
  if (base == nullptr) return std::nullopt;
  if (commits.size() == 1) return CountsOf(*base);
  const std::string name = VersionChecksumFileName(commits[commits.size() - 2].version);
  const Result<std::string> text = table.log()->Read(name);
  if (!text.ok()) return std::nullopt;
  Result<VersionChecksum> checksum = ParseVersionChecksum(*text, name);
  return checksum.ok() ? Counts(*std::move(checksum)) : std::nullopt;
}

}  // namespace

bool BeginsChecksums(const ObjectStore& store) { return store.traits().is_near(); }

Counts CountAfter(const Table& table, const SnapshotPtr& base,
                  const std::vector<CommitText>& commits) {
  Counts counts = CountsBefore(table, base, commits);
  if (!counts) return std::nullopt;
  counts->protocol.reset();
  counts->metadata.reset();
  const CommitText& own = commits.back();
  bool certain = true;
  std::set<std::string> added, removed;  // with winners only
  const bool overtaken = commits.size() > 1;
  const Status read = ParseCommit(own.text, "commit", kFileActions, [&](Action&& action) -> Status {
    if (const Add* add = std::get_if<Add>(&action)) {
      counts->table_size_bytes += add->size;
      ++counts->num_files;
      if (overtaken) added.insert(add->path);
    } else if (const Remove* remove = std::get_if<Remove>(&action)) {
      certain = certain && remove->size;
      counts->table_size_bytes -= remove->size.value_or(0);
      --counts->num_files;
      if (overtaken) removed.insert(remove->path);
    }
    return Status();
  });
  for (size_t i = 0; i + 1 < commits.size() && certain && read.ok(); ++i) {
    const Status winner =
        ParseCommit(commits[i].text, "commit", kFileActions, [&](Action&& action) -> Status {
          const Add* add = std::get_if<Add>(&action);
          if (add != nullptr && added.contains(add->path) && !removed.contains(add->path)) {
            certain = false;
          }
          return Status();
        });
    certain = certain && winner.ok();
  }
  if (!read.ok() || !certain || counts->num_files < 0 || counts->table_size_bytes < 0) {
    return std::nullopt;
  }
  return counts;
}

void WriteChecksum(const Snapshot& snapshot, const CommitText& commit, int64_t num_files,
                   int64_t table_size_bytes) {
  ChecksumOrigin origin;
  const size_t end = commit.text.find('\n');
  const auto first = ParseActions(std::string_view(commit.text).substr(0, end), "commit");
  if (first.ok() && first->size() == 1) {
    if (const auto* info = std::get_if<CommitInfo>(&first->front())) {
      origin = {.txn_id = info->txn_id, .in_commit_timestamp_ms = info->in_commit_timestamp};
    }
  }
  const VersionChecksum checksum{.table_size_bytes = table_size_bytes,
                                 .num_files = num_files,
                                 .protocol = snapshot.protocol(),
                                 .metadata = snapshot.metadata()};
  const Status written = snapshot.log()->PutHint(VersionChecksumFileName(snapshot.version()),
                                                 FormatVersionChecksum(checksum, origin));
  if (!written.ok()) {
    Log(LogLevel::kInfo, Concat("no checksum file for version ", snapshot.version().value, " of ",
                                snapshot.store()->root_uri(), ": ", written.message()));
  }
}

}  // namespace deltaic
