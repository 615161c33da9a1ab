#include <algorithm>
#include <utility>

#include "base/log_sink.h"
#include "table/snapshot_checksum.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

/// Each finding costs a listing and a load, and a log may be made to hold damaged checkpoints
/// without end.
constexpr int kMaxFindings = 32;

}  // namespace

bool IsDamage(const Status& status) {
  return status.code() == StatusCode::kCorruption || status.code() == StatusCode::kNotFound;
}

bool HasCompactedCommits(const LogSegment& segment) {
  return std::ranges::any_of(segment.commits, [](const LogFile& file) {
    return file.parsed.kind == LogFileKind::kCompactedCommit;
  });
}

Status NoAlternative(const Status& damage, Version version, const ObjectStore& store,
                     const Status& why) {
  return Status(damage.code(),
                Concat(damage.message(), "; version ", version.value, " of ", store.root_uri(),
                       " cannot be read without it: ", why.message()));
}

void WarnOfDamage(const Status& damage, const LogSegment& instead, const ObjectStore& store) {
  const std::string from =
      instead.checkpoint_version
          ? Concat("checkpoint ", instead.checkpoint_version->value, " and the commits after it")
          : "the commits alone";
  Log(LogLevel::kWarning, Concat(damage.message(), "; version ", instead.version.value, " of ",
                                 store.root_uri(), " is read from ", from, " instead"));
}

SnapshotPtr LastAlternative(SnapshotPtr snapshot) {
  while (SnapshotPtr next = snapshot->impl().AlternativeIfMade()) snapshot = std::move(next);
  return snapshot;
}

SnapshotPtr Snapshot::Impl::AlternativeIfMade() const {
  const std::lock_guard lock(mutex);
  return alternative;
}

Result<SnapshotPtr> Snapshot::Impl::Alternative(const Status& damage) const {
  const std::lock_guard lock(mutex);
  if (alternative != nullptr) return alternative;
  DamagedFiles without = damaged;
  if (++without.findings > kMaxFindings) return damage;
  // Commits have no other copy than the compacted files that cover them, and the other way round.
  const std::vector<LogFile>& files = commits == nullptr ? segment.commits : segment.checkpoint;
  for (const LogFile& file : files) {
    if (file.parsed.kind != LogFileKind::kCommit) without.names.push_back(file.name);
  }
  Result<SnapshotPtr> other = LoadSnapshotWithout(store, log, segment.version, std::move(without));
  if (!other.ok()) return NoAlternative(damage, segment.version, *store, other.status());
  if (!SameState((*other)->impl(), *this)) {
    return NoAlternative(damage, segment.version, *store,
                         Status::Corruption("the rest of the log gives another protocol or "
                                            "metaData; restore the file"));
  }
  WarnOfDamage(damage, (*other)->segment(), *store);
  alternative = *std::move(other);
  return alternative;
}

}  // namespace deltaic
