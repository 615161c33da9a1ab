#include "scan/change_commits.h"

#include <algorithm>
#include <cstdint>

#include "base/civil_time.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

/// Text of the commits that are held at once, parsed.
constexpr int64_t kWindowBytes = int64_t{16} << 20;
/// What a commit counts at least, whatever the listing says of its size.
constexpr int64_t kMinCommitBytes = 4096;

Result<std::string> TimestampText(TimestampMs time) {
  constexpr int64_t kMostMs = INT64_MAX / 1000;
  if (time.value > kMostMs || time.value < -kMostMs)
    return Status::Corruption("the commit's time ", time.value, " ms is out of range");
  return FormatTimestampMicros(time.value * 1000, 'T', "Z");
}

bool IsFeedOn(const Metadata& metadata) {
  return ParseTableProperties(metadata.configuration).enable_change_data_feed;
}

}  // namespace

Result<std::unique_ptr<ChangeCommits>> ChangeCommits::Open(ChangeFeed feed,
                                                           CancellationToken cancel) {
  auto commits = std::make_unique<ChangeCommits>(std::move(feed), std::move(cancel));
  if (commits->may_have_more()) DELTAIC_RETURN_IF_ERROR(commits->ReadWindow());
  commits->feed_.load_first_metadata = nullptr;
  return commits;
}

Result<std::optional<ChangeCommit>> ChangeCommits::Next() {
  if (!may_have_more()) return std::optional<ChangeCommit>();
  if (next_in_window_ == window_.size()) DELTAIC_RETURN_IF_ERROR(ReadWindow());
  return std::optional(std::move(window_[next_in_window_++]));
}

Status ChangeCommits::ReadWindow() {
  const size_t begin = next_commit_;
  int64_t bytes = 0;
  while (next_commit_ < feed_.commits.size() && bytes < kWindowBytes) {
    bytes += std::max(feed_.commits[next_commit_++].size_bytes, kMinCommitBytes);
  }
  next_in_window_ = 0;
  window_.clear();
  window_.resize(next_commit_ - begin);
  DELTAIC_RETURN_IF_ERROR(ParallelFor(
      static_cast<int64_t>(window_.size()), DefaultThreads(feed_.store), [&](int64_t i) {
        const TimedCommit& commit = feed_.commits[begin + static_cast<size_t>(i)];
        auto read = ReadCommit(commit);
        if (read.ok()) window_[static_cast<size_t>(i)] = *std::move(read);
        return read.status();
      }));
  return CheckWindow(begin);
}

Status ChangeCommits::CheckWindow(size_t begin) {
  for (size_t i = 0; i < window_.size(); ++i) {
    const CommitChanges& changes = window_[i].changes;
    if (changes.metadata) {
      DELTAIC_RETURN_IF_ERROR(CheckMetadata(*changes.metadata, i));
    } else if (begin + i == 0) {
      DELTAIC_ASSIGN_OR_RETURN(const Metadata metadata, FirstMetadata());
      DELTAIC_RETURN_IF_ERROR(CheckMetadata(metadata, i));
    }
    if (changes.protocol) {
      DELTAIC_RETURN_IF_ERROR(
          CheckReadable(*changes.protocol,
                        feed_.log->has_catalog() ? CatalogAccess::kGiven : CatalogAccess::kNone)
              .WithContext(Concat(feed_.table_uri, " at version ", changes.version.value)));
    }
    window_[i].partition_keys = partition_keys_;
  }
  return Status();
}

Result<Metadata> ChangeCommits::FirstMetadata() const {
  // Where no commit changes it, the first has the last one's, which saves loading that version.
  const bool unchanged = next_commit_ == feed_.commits.size() && feed_.last_metadata &&
                         std::ranges::none_of(window_, [](const ChangeCommit& commit) {
                           return commit.changes.metadata.has_value();
                         });
  if (unchanged) return *feed_.last_metadata;
  return feed_.load_first_metadata();
}

Result<ChangeCommit> ChangeCommits::ReadCommit(const TimedCommit& commit) const {
  DELTAIC_RETURN_IF_ERROR(cancel_.Check());
  const std::string name = CommitFileName(commit.version);
  DELTAIC_ASSIGN_OR_RETURN(const std::string text, feed_.log->Read(name));
  ChangeCommit out;
  DELTAIC_ASSIGN_OR_RETURN(out.changes,
                           ParseCommitChanges(commit.version, text, name, feed_.with_stats));
  std::optional<int64_t> own_time;
  if (HasInCommitTimestamp(*feed_.table, commit.version)) {
    own_time = out.changes.in_commit_timestamp;
  }
  auto timestamp = TimestampText(own_time ? TimestampMs{*own_time} : commit.file_time);
  if (!timestamp.ok()) return timestamp.status().WithContext(name);
  out.timestamp = *std::move(timestamp);
  return out;
}

Status ChangeCommits::CheckMetadata(const Metadata& metadata, size_t in_window) {
  const Version version = window_[in_window].changes.version;
  if (!IsFeedOn(metadata)) return FeedIsOff(in_window);
  auto schema = ParseSchema(metadata.schema_string);
  if (!schema.ok()) {
    return schema.status().WithContext(
        Concat("schema of ", feed_.table_uri, " at version ", version.value));
  }
  const bool mapped =
      ParseTableProperties(metadata.configuration).column_mapping_mode != ColumnMappingMode::kNone;
  const FileSchema& read_schema = feed_.read_schema;
  if (const auto problem = FindUnreadableChange({*schema, mapped}, read_schema)) {
    return Status::InvalidArgument(
        "the changes of version ", version.value, " of ", feed_.table_uri,
        " cannot be given with the columns of the last version asked for: ", *problem,
        "; ask for a range in which all columns stay");
  }
  auto keys = std::make_shared<std::vector<std::string>>();
  for (const std::string& name : metadata.partition_columns) {
    const StructField* field = read_schema.schema->FindField(name);
    if (field == nullptr) {
      return Status::Corruption("partition column ", name, " is not in the schema of version ",
                                version.value);
    }
    keys->push_back(read_schema.mapped ? field->physical_name() : field->name);
  }
  partition_keys_ = std::move(keys);
  return Status();
}

Status ChangeCommits::FeedIsOff(size_t in_window) const {
  std::string advice = "; set delta.enableChangeDataFeed, and read from that version on";
  for (size_t i = in_window + 1; i < window_.size(); ++i) {
    const CommitChanges& later = window_[i].changes;
    if (!later.metadata || !IsFeedOn(*later.metadata)) continue;
    advice = Concat("; it is on from version ", later.version.value, ": start there");
    break;
  }
  return Status::InvalidArgument("the change data feed of ", feed_.table_uri, " is off at version ",
                                 window_[in_window].changes.version.value, advice);
}

}  // namespace deltaic
