#include "log/log_segment.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace deltaic {
namespace {

/// One checkpoint: a file, or the parts that a listing has of a multi-part one.
struct CheckpointCandidate {
  Version version;
  int preference = 0;  ///< of several at one version the lowest is taken
  std::vector<const LogFile*> files;
  bool complete = false;
  bool usable = true;
};

/// The files of a listing by what they are, each list ascending by version.
struct SortedListing {
  std::vector<const LogFile*> commits;
  std::vector<const LogFile*> compacted;
  std::vector<const LogFile*> checksums;
  std::vector<CheckpointCandidate> checkpoints;  ///< complete ones
};

/// All checkpoints of one version are equivalent. Single files come first, since the parts of a
/// multi-part checkpoint may stem from two writers.
int Preference(LogFileKind kind) {
  switch (kind) {
    case LogFileKind::kClassicCheckpoint:
      return 0;
    case LogFileKind::kUuidCheckpointParquet:
      return 1;
    case LogFileKind::kUuidCheckpointJson:
      return 2;
    default:
      return 3;
  }
}

bool IsCompleteMultiPart(const std::vector<const LogFile*>& parts) {
  const int32_t num_parts = parts.front()->parsed.num_parts;
  if (num_parts < 1 || parts.size() != static_cast<size_t>(num_parts)) return false;
  for (int32_t i = 0; i < num_parts; ++i) {
    if (parts[i]->parsed.part != i + 1) return false;
  }
  return true;
}

bool IsIn(std::span<const std::string> names, const LogFile& file) {
  return std::ranges::find(names, file.name) != names.end();
}

std::vector<CheckpointCandidate> GroupCheckpoints(const std::vector<const LogFile*>& files,
                                                  std::span<const std::string> unusable) {
  using Key = std::tuple<int64_t, int, int32_t, std::string>;
  std::map<Key, std::vector<const LogFile*>> groups;
  for (const LogFile* file : files) {
    const LogFileName& name = file->parsed;
    groups[{name.version.value, Preference(name.kind), name.num_parts, name.uuid}].push_back(file);
  }
  std::vector<CheckpointCandidate> out;
  for (auto& [key, group] : groups) {
    CheckpointCandidate candidate{group.front()->parsed.version, std::get<1>(key),
                                  std::move(group)};
    if (candidate.files.front()->parsed.kind == LogFileKind::kMultiPartCheckpoint) {
      std::ranges::sort(candidate.files, {}, [](const LogFile* file) { return file->parsed.part; });
      if (!IsCompleteMultiPart(candidate.files)) continue;
    }
    candidate.usable = std::ranges::none_of(
        candidate.files, [&](const LogFile* file) { return IsIn(unusable, *file); });
    out.push_back(std::move(candidate));
  }
  return out;
}

SortedListing Sort(std::span<const LogFile> listing, std::span<const std::string> unusable) {
  SortedListing out;
  std::vector<const LogFile*> checkpoint_files;
  for (const LogFile& file : listing) {
    switch (file.parsed.kind) {
      case LogFileKind::kCommit:
        out.commits.push_back(&file);
        break;
      case LogFileKind::kCompactedCommit:
        if (!IsIn(unusable, file)) out.compacted.push_back(&file);
        break;
      case LogFileKind::kVersionChecksum:
        out.checksums.push_back(&file);
        break;
      default:
        checkpoint_files.push_back(&file);
    }
  }
  const auto by_version = [](const LogFile* file) { return file->parsed.version; };
  std::ranges::sort(out.commits, {}, by_version);
  std::ranges::sort(out.compacted, {}, [](const LogFile* file) {
    return std::pair(file->parsed.version, file->parsed.end_version);
  });
  std::ranges::sort(out.checksums, {}, by_version);
  out.checkpoints = GroupCheckpoints(checkpoint_files, unusable);
  return out;
}

const LogFile* FindVersion(const std::vector<const LogFile*>& files, Version version) {
  const auto it = std::ranges::lower_bound(
      files, version, {}, [](const LogFile* file) { return file->parsed.version; });
  return it != files.end() && (*it)->parsed.version == version ? *it : nullptr;
}

/// The compacted file that begins at `first` and reaches furthest without passing `last`.
const LogFile* FindCompacted(const SortedListing& listing, Version first, Version last) {
  auto it = std::ranges::upper_bound(
      listing.compacted, std::pair(first, last), {}, [](const LogFile* file) {
        return std::pair(file->parsed.version, file->parsed.end_version);
      });
  if (it == listing.compacted.begin()) return nullptr;
  const LogFile* file = *--it;
  return file->parsed.version == first && file->parsed.end_version > first ? file : nullptr;
}

/// Fills `out` with the files for first..last; the first version that has none, if there is one.
std::optional<Version> CollectCommits(const SortedListing& listing, Version first, Version last,
                                      std::vector<LogFile>& out) {
  out.clear();
  for (Version next = first; next <= last;) {
    const LogFile* file = FindCompacted(listing, next, last);
    if (file == nullptr) file = FindVersion(listing.commits, next);
    if (file == nullptr) return next;
    out.push_back(*file);
    next = (file->parsed.kind == LogFileKind::kCompactedCommit ? file->parsed.end_version : next)
               .Next();
  }
  return std::nullopt;
}

/// The oldest version that the files still give.
Version OldestVersion(const SortedListing& listing, Version newest) {
  if (FindVersion(listing.commits, Version{0}) != nullptr) return Version{0};
  for (const CheckpointCandidate& checkpoint : listing.checkpoints) {
    if (checkpoint.usable) return checkpoint.version;
  }
  return newest;
}

Status NoSuchVersion(const SortedListing& listing, Version version, Version newest) {
  return Status::NotFound("version ", version.value, " does not exist: the table has versions ",
                          OldestVersion(listing, newest).value, " to ", newest.value);
}

}  // namespace

Result<LogSegment> SelectLogSegment(std::span<const LogFile> files, std::optional<Version> at,
                                    std::span<const std::string> unusable) {
  const SortedListing listing = Sort(files, unusable);
  // A damaged checkpoint still proves that its version exists: leaving it out here could quietly
  // give an older version.
  std::optional<Version> newest;
  if (!listing.commits.empty()) newest = listing.commits.back()->parsed.version;
  if (!listing.checkpoints.empty())
    newest = std::max(newest.value_or(Version{0}), listing.checkpoints.back().version);
  if (!newest) return Status::NotFound("the log holds no commit and no checkpoint");
  if (at && (*at > *newest || at->value < 0)) return NoSuchVersion(listing, *at, *newest);

  LogSegment segment;
  segment.version = at.value_or(*newest);
  const CheckpointCandidate* checkpoint = nullptr;
  for (const CheckpointCandidate& candidate : listing.checkpoints) {
    if (!candidate.usable || candidate.version > segment.version) continue;
    if (checkpoint == nullptr || candidate.version > checkpoint->version) checkpoint = &candidate;
  }
  if (checkpoint != nullptr) {
    segment.checkpoint_version = checkpoint->version;
    for (const LogFile* file : checkpoint->files) segment.checkpoint.push_back(*file);
  }

  const Version first = checkpoint != nullptr ? checkpoint->version.Next() : Version{0};
  const std::optional<Version> missing =
      CollectCommits(listing, first, segment.version, segment.commits);
  if (missing) {
    if (at && missing->value == 0 && OldestVersion(listing, *newest) > *at) {
      return NoSuchVersion(listing, *at, *newest);
    }
    return Status::Corruption(
        "commit ", missing->value, " is missing: version ", segment.version.value,
        " needs commits ", first.value, " to ", segment.version.value,
        checkpoint == nullptr ? " since there is no usable checkpoint before it" : "", "; restore ",
        CommitFileName(*missing), " or a checkpoint");
  }
  if (const LogFile* file = FindVersion(listing.checksums, segment.version))
    segment.checksum = *file;
  if (const LogFile* file = FindVersion(listing.commits, segment.version))
    segment.last_commit_file = *file;
  return segment;
}

}  // namespace deltaic
