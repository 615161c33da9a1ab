#include "scan/changes.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "data/actions/data_path.h"
#include "expr/skipping.h"
#include "scan/change_files.h"
#include "scan/change_range.h"
#include "scan/change_source.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

/// The part of `range` outside of which no row can match; nullopt where none can.
std::optional<ChangeRange> NarrowByPredicate(const ChangeRange& range, const ExprPtr& predicate) {
  if (predicate == nullptr) return range;
  const auto may_match = [&](int64_t version) {
    return MayMatch(*predicate, [&](const std::vector<std::string>& path) {
      return path.front() == kCommitVersionColumn ? RangeOfValue(version) : ColumnRange();
    });
  };
  int64_t first = range.first.value, last = range.last.value;
  while (first <= last && !may_match(first)) ++first;
  while (last > first && !may_match(last)) --last;
  if (first > last) return std::nullopt;
  return ChangeRange{Version{first}, Version{last}};
}

/// The commits of `range`, which the log must have all.
Result<std::vector<TimedCommit>> CommitsOf(const Table& table, const ChangeRange& range) {
  DELTAIC_ASSIGN_OR_RETURN(auto commits, ListTimedCommits(*table.log(), range.first, range.last));
  Version next = range.first;
  for (const TimedCommit& commit : commits) {
    if (commit.version != next) break;
    next = next.Next();
  }
  if (next > range.last) return commits;
  std::string has = "and has none after it up to the end of the range";
  const auto later = std::ranges::find_if(
      commits, [&](const TimedCommit& commit) { return commit.version > next; });
  if (later != commits.end())
    has = Concat("which has commits from version ", later->version.value, " on: start there");
  return Status::NotFound("the changes of version ", next.value,
                          " cannot be read any more: its commit is gone from the log of ",
                          table.uri(), ", ", has);
}

class FeedOpener {
 public:
  FeedOpener(const Table& table, SnapshotPtr newest, ChangesOptions options)
      : table_(table), newest_(std::move(newest)), options_(std::move(options)) {}

  Result<std::unique_ptr<Scan>> Open() {
    DELTAIC_ASSIGN_OR_RETURN(auto range, ResolveChangeRange(*newest_, options_));
    DELTAIC_ASSIGN_OR_RETURN(last_, SnapshotAt(range ? range->last : newest_->version()));
    DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeSpec());
    if (range) range = NarrowByPredicate(*range, spec->predicate);
    DELTAIC_ASSIGN_OR_RETURN(ChangeFeed feed, MakeFeed(range, *spec));
    options_.scan.ordered = true;
    options_.scan.dictionary_strings = false;  // MakeSpec has named them
    const auto list_files = [&](CancellationToken cancel) -> Result<std::unique_ptr<FileSource>> {
      DELTAIC_ASSIGN_OR_RETURN(auto commits,
                               ChangeCommits::Open(std::move(feed), std::move(cancel)));
      return std::unique_ptr<FileSource>(std::make_unique<ChangeSource>(std::move(commits), spec));
    };
    return RunningScan::Start(table_.store(), spec, list_files, options_.scan);
  }

  /// Calls `visit` for each file that would be read.
  Status VisitFiles(CancellationToken cancel,
                    const std::function<Status(const ChangedFile&)>& visit) {
    DELTAIC_ASSIGN_OR_RETURN(const auto range, ResolveChangeRange(*newest_, options_));
    DELTAIC_ASSIGN_OR_RETURN(last_, SnapshotAt(range ? range->last : newest_->version()));
    DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeSpec());
    DELTAIC_ASSIGN_OR_RETURN(ChangeFeed feed, MakeFeed(range, *spec));
    DELTAIC_ASSIGN_OR_RETURN(const auto commits,
                             ChangeCommits::Open(std::move(feed), std::move(cancel)));
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(const auto commit, commits->Next());
      if (!commit) return Status();
      for (const ChangedFile& file : commit->changes.files) DELTAIC_RETURN_IF_ERROR(visit(file));
    }
  }

 private:
  Result<SnapshotPtr> SnapshotAt(Version version) const {
    for (const SnapshotPtr& known : {newest_, last_}) {
      if (known != nullptr && known->version() == version) return known;
    }
    return table_.Load(version);
  }

  Result<std::shared_ptr<DataReadSpec>> MakeSpec() const {
    // What a change has of old rows stands in files that have no ids of their own.
    if (NeedsRowTracking(options_.scan.metadata_columns)) {
      return Status::InvalidArgument(
          "a change feed has no row ids and row commit versions: of the metadata columns it takes "
          "file_path and row_index");
    }
    ScannedTable changes{.uri = table_.uri(), .column_mapping = last_->column_mapping()};
    DELTAIC_ASSIGN_OR_RETURN(changes.schema, ChangeSchema(*last_->schema()));
    DELTAIC_ASSIGN_OR_RETURN(auto spec, MakeReadSpec(changes, options_.scan));
    if (options_.scan.dictionary_strings) {
      // Files of a feed are read by plans of their own, made while they are listed: none is looked
      // at. Names of what is no string count for nothing.
      const auto& partitions = last_->metadata().partition_columns;
      spec->dictionary_columns.insert(spec->dictionary_columns.end(), partitions.begin(),
                                      partitions.end());
      spec->dictionary_columns.emplace_back(kChangeTypeColumn);
    }
    return spec;
  }

  /// True if the predicate names a column of the table that is no partition column.
  bool NeedsStats(const DataReadSpec& spec) const {
    if (spec.predicate == nullptr) return false;
    const auto& partitions = last_->metadata().partition_columns;
    return std::ranges::any_of(ReferencedColumns(*spec.predicate), [&](const auto& path) {
      return last_->schema()->FindField(path.front()) != nullptr &&
             std::ranges::find(partitions, path.front()) == partitions.end();
    });
  }

  Result<ChangeFeed> MakeFeed(const std::optional<ChangeRange>& range,
                              const DataReadSpec& spec) const {
    ChangeFeed feed;
    feed.log = table_.log();
    feed.table_uri = table_.uri();
    feed.table = last_;
    feed.store = table_.store()->traits();
    feed.read_schema = {last_->schema(), last_->column_mapping() != ColumnMappingMode::kNone};
    feed.with_stats = NeedsStats(spec);
    if (!range) return feed;
    DELTAIC_ASSIGN_OR_RETURN(feed.commits, CommitsOf(table_, *range));
    if (range->last == last_->version()) feed.last_metadata = last_->metadata();
    feed.load_first_metadata = [this, version = range->first]() -> Result<Metadata> {
      DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr first, SnapshotAt(version));
      return first->metadata();
    };
    return feed;
  }

  const Table& table_;
  SnapshotPtr newest_;
  SnapshotPtr last_;  ///< gives the rows their schema
  ChangesOptions options_;
};

}  // namespace

Result<SchemaPtr> ChangeSchema(const Schema& table) {
  std::vector<StructField> fields = table.fields();
  for (const auto& [name, type] : {std::pair(kChangeTypeColumn, TypeId::kString),
                                   std::pair(kCommitVersionColumn, TypeId::kLong),
                                   std::pair(kCommitTimestampColumn, TypeId::kTimestamp)}) {
    if (table.FindField(name) != nullptr) {
      return Status::Unsupported("the table has a column ", name,
                                 ", which is a name of the change data feed; rename the column");
    }
    fields.push_back({.name = std::string(name), .type = DataType::Primitive(type)});
  }
  return DataType::Struct(std::move(fields));
}

Result<std::unique_ptr<Scan>> OpenChanges(const Table& table, const SnapshotPtr& newest,
                                          ChangesOptions options) {
  return FeedOpener(table, newest, std::move(options)).Open();
}

namespace {

ChangesOptions VersionsFrom(Version first, const SnapshotPtr& last) {
  ChangesOptions options;
  options.from_version = first;
  options.to_version = last->version();
  return options;
}

}  // namespace

Result<int64_t> SizeOfChanges(const Table& table, const SnapshotPtr& last, Version first,
                              CancellationToken cancel) {
  int64_t bytes = 0;
  DELTAIC_RETURN_IF_ERROR(FeedOpener(table, last, VersionsFrom(first, last))
                              .VisitFiles(std::move(cancel), [&](const ChangedFile& file) {
                                bytes += std::max<int64_t>(file.size_bytes, 0);
                                return Status();
                              }));
  return bytes;
}

Status CheckChangeFiles(const Table& table, const SnapshotPtr& last, Version first,
                        const CancellationToken& cancel) {
  std::vector<std::string> paths;
  DELTAIC_RETURN_IF_ERROR(FeedOpener(table, last, VersionsFrom(first, last))
                              .VisitFiles(cancel, [&](const ChangedFile& file) {
                                paths.push_back(file.path);
                                return Status();
                              }));
  const ObjectStore& store = *table.store();
  return ParallelFor(
      static_cast<int64_t>(paths.size()), DefaultThreads(store.traits()), [&](int64_t i) -> Status {
        DELTAIC_RETURN_IF_ERROR(cancel.Check());
        const std::string& path = paths[static_cast<size_t>(i)];
        DELTAIC_ASSIGN_OR_RETURN(const DataPlace place, LocateDataFile(store, path));
        const auto found = place.In(store).Stat(place.path);
        if (found.ok()) return Status();
        if (found.status().code() != StatusCode::kNotFound) return found.status();
        return Status::NotFound("file ", path, " of the change data feed is gone (vacuumed)");
      });
}

}  // namespace deltaic
