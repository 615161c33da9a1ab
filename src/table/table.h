#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "protocol/actions.h"
#include "storage/log_store.h"
#include "storage/object_store.h"
#include "storage/open_store.h"
#include "table/catalog_log.h"
#include "table/snapshot.h"

namespace deltaic {

/// One entry of the history.
struct HistoryEntry {
  Version version;
  TimestampMs timestamp;
  std::optional<CommitInfo> commit_info;
};

/// A table's place: its stores. Holds no version; safe from any thread.
class Table {
 public:
  /// Opens no file; the table need not exist.
  static Result<std::shared_ptr<Table>> At(std::string_view uri, const StorageOptions& options);
  static std::shared_ptr<Table> Of(std::shared_ptr<ObjectStore> store);

  /// The same place as the catalog that manages the table sees it; for reading.
  /// \retval kInvalidArgument  as MakeCatalogLog.
  Result<std::shared_ptr<Table>> WithCatalog(CatalogCommits commits) const;

  const std::shared_ptr<ObjectStore>& store() const { return store_; }
  const std::shared_ptr<LogStore>& log() const { return log_; }
  const std::string& uri() const { return store_->root_uri(); }

  /// True if the log holds a commit or a checkpoint.
  Result<bool> Exists() const;

  /// The newest version, or the one asked for.
  /// \retval kNotFound  "no Delta table at X", or "version 12 does not exist: the table has
  /// versions 0 to 9".
  /// \retval kUnsupported, kCorruption
  Result<SnapshotPtr> Load(std::optional<Version> at = std::nullopt) const;

  /// The newest version, reading only commits newer than `base`; `base` itself if there are none.
  Result<SnapshotPtr> Refresh(const SnapshotPtr& base) const;

  /// The newest version whose commit time is <= `time`. \retval kInvalidArgument  before the first
  /// or after the last commit, naming both times.
  Result<Version> VersionAt(TimestampMs time) const;

  /// Commits still in the log, newest first, at most `limit`.
  Result<std::vector<HistoryEntry>> History(std::optional<int64_t> limit) const;

  Table(std::shared_ptr<ObjectStore> store, std::shared_ptr<LogStore> log)
      : store_(std::move(store)), log_(std::move(log)) {}

 private:
  std::shared_ptr<ObjectStore> store_;
  std::shared_ptr<LogStore> log_;
};

}  // namespace deltaic
