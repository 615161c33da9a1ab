#include "table/log_listing.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "protocol/last_checkpoint.h"
#include "protocol/log_file_name.h"
#include "storage/first_page.h"

namespace deltaic {
namespace {

/// Look-ups in vain for one listing: a log that was cleaned up has a gap or two, one that is broken
/// may have thousands.
constexpr int kMaxVainLookups = 16;
constexpr int64_t kMaxHintedParts = 10000;

std::optional<LogFile> FileOf(const ObjectMeta& object) {
  std::optional<LogFileName> name = ParseLogFileName(object.path);
  if (!name) return std::nullopt;
  return LogFile{object.path, *std::move(name), object.size_bytes, object.last_modified};
}

/// Looks for single files, and gathers those that are there.
class Lookup {
 public:
  explicit Lookup(const LogStore& log) : log_(log) {}

  /// \return whether it is there.
  Result<bool> Find(const std::string& name) {
    if (vain_ == kMaxVainLookups) return false;
    const Result<ObjectMeta> object = log_.Stat(name);
    if (object.status().code() == StatusCode::kNotFound) {
      ++vain_;
      return false;
    }
    DELTAIC_RETURN_IF_ERROR(object.status());
    if (std::optional<LogFile> file = FileOf(*object)) found_.push_back(*std::move(file));
    return true;
  }

  /// Adds them to `listing` in its order. \return whether there are any.
  bool AddTo(std::vector<LogFile>& listing) {
    if (found_.empty()) return false;
    listing.insert(listing.end(), found_.begin(), found_.end());
    std::ranges::sort(listing, {}, &LogFile::name);
    const auto twice = std::ranges::unique(listing, {}, &LogFile::name);
    listing.erase(twice.begin(), twice.end());
    return true;
  }

 private:
  const LogStore& log_;
  std::vector<LogFile> found_;
  int vain_ = 0;
};

/// Looks for the commits right before those that a listing has, newest first, as far down as there
/// are any.
Status FindCommitsInGaps(const std::vector<LogFile>& listing, Version first, Lookup& lookup) {
  std::set<Version> reached;  // by a commit, or by a file that makes it superfluous
  std::set<Version> checkpoints;
  std::vector<Version> commits;
  for (const LogFile& file : listing) {
    if (file.parsed.kind == LogFileKind::kVersionChecksum) continue;
    reached.insert(file.parsed.end_version);
    if (file.parsed.kind == LogFileKind::kCommit) commits.push_back(file.parsed.version);
    if (file.parsed.is_checkpoint()) checkpoints.insert(file.parsed.version);
  }
  // What comes before a checkpoint may have been cleaned up.
  std::erase_if(commits, [&](Version version) { return checkpoints.contains(version); });
  for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
    for (Version before{commit->value - 1}; before >= first && !reached.contains(before);
         --before.value) {
      DELTAIC_ASSIGN_OR_RETURN(const bool found, lookup.Find(CommitFileName(before)));
      if (!found) break;
      reached.insert(before);
    }
  }
  return Status();
}

/// The names of the parts that `listing` lacks of multi-part checkpoints of which it has some.
std::vector<std::string> MissingParts(const std::vector<LogFile>& listing) {
  std::map<std::pair<Version, int32_t>, std::set<int32_t>> parts;
  for (const LogFile& file : listing) {
    if (file.parsed.kind != LogFileKind::kMultiPartCheckpoint) continue;
    parts[{file.parsed.version, file.parsed.num_parts}].insert(file.parsed.part);
  }
  std::vector<std::string> names;
  for (auto group = parts.rbegin(); group != parts.rend(); ++group) {
    const auto& [version, num_parts] = group->first;
    for (int32_t part = 1; part <= num_parts && names.size() < kMaxVainLookups; ++part) {
      if (group->second.contains(part)) continue;
      names.push_back(MultiPartCheckpointFileName(version, part, num_parts));
    }
  }
  return names;
}

std::vector<std::string> CheckpointOfHint(const LogStore& log) {
  const Result<std::string> text = log.Read(kLastCheckpointFileName);
  if (!text.ok()) return {};
  const Result<LastCheckpoint> hint = ParseLastCheckpoint(*text);
  if (!hint.ok() || hint->version.value < 0) return {};
  if (hint->v2_checkpoint) {
    // Only what is a checkpoint by its name: a hint may say anything.
    const auto name = ParseLogFileName(hint->v2_checkpoint->path);
    if (!name || !name->is_checkpoint() || name->version != hint->version) return {};
    return {hint->v2_checkpoint->path};
  }
  if (!hint->parts) return {ClassicCheckpointFileName(hint->version)};
  std::vector<std::string> names;
  const int64_t num_parts = std::min<int64_t>(*hint->parts, kMaxHintedParts);
  for (int64_t part = 1; part <= num_parts; ++part) {
    names.push_back(MultiPartCheckpointFileName(hint->version, static_cast<int32_t>(part),
                                                static_cast<int32_t>(*hint->parts)));
  }
  return names;
}

Result<std::vector<LogFile>> LogFilesOf(const std::vector<ObjectMeta>& objects, const LogStore& log,
                                        Version first) {
  std::vector<LogFile> out;
  out.reserve(objects.size());
  for (const ObjectMeta& object : objects) {
    if (std::optional<LogFile> file = FileOf(object)) out.push_back(*std::move(file));
  }
  Lookup lookup(log);
  DELTAIC_RETURN_IF_ERROR(FindCommitsInGaps(out, first, lookup));
  lookup.AddTo(out);
  return out;
}

}  // namespace

Result<std::vector<LogFile>> ListLog(const LogStore& log, Version first) {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<ObjectMeta> objects,
                           log.ListFrom(VersionPrefix(first)));
  return LogFilesOf(objects, log, first);
}

Result<std::optional<std::vector<LogFile>>> ListShortLog(const LogStore& log) {
  DELTAIC_ASSIGN_OR_RETURN(const auto page, FirstLogPage(log, VersionPrefix(Version{0})));
  if (!page || !page->is_last) return std::optional<std::vector<LogFile>>();
  DELTAIC_ASSIGN_OR_RETURN(auto files, LogFilesOf(page->objects, log, Version{0}));
  return std::optional(std::move(files));
}

Result<bool> LookUpMissing(const LogStore& log, std::optional<Version> at,
                           std::vector<LogFile>& listing) {
  std::vector<std::string> names = MissingParts(listing);
  const std::vector<std::string> hinted = CheckpointOfHint(log);
  names.insert(names.end(), hinted.begin(), hinted.end());
  if (at && at->value >= 0) names.push_back(CommitFileName(*at));
  Lookup lookup(log);
  for (const std::string& name : names) {
    if (std::ranges::find(listing, name, &LogFile::name) != listing.end()) continue;
    DELTAIC_RETURN_IF_ERROR(lookup.Find(name).status());
  }
  if (!lookup.AddTo(listing)) return false;
  Lookup gaps(log);
  DELTAIC_RETURN_IF_ERROR(FindCommitsInGaps(listing, Version{0}, gaps));
  gaps.AddTo(listing);
  return true;
}

}  // namespace deltaic
