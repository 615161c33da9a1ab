#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "context.h"

namespace deltaic::cli {

/// What a run did, or would do.
struct SyncReport {
  std::string action;                                         ///< nothing, snapshot, incremental
  int64_t from = -1, to = -1;                                 ///< -1: never synced
  std::string source;                                         ///< files, feed or nothing
  std::string reasons;                                        ///< for people
  int64_t sent = 0, upserted = 0, deleted = 0, rejected = 0;  ///< rows
};

/// How far a target says it is.
struct SyncStatus {
  bool is_synced = false;
  std::string table_id, synced_at;
  int64_t version = -1;
};

/// A database to bring to a table's version. One thread at a time.
class SyncTargetConnection {
 public:
  virtual ~SyncTargetConnection() = default;
  /// One run, in one transaction. \param dry_run  all is rolled back.
  virtual SyncReport Run(const Table& table, bool dry_run) = 0;
  virtual SyncStatus Status() = 0;
};

/// What is asked of a run: `start` for deltaic_sync_start_json; `plan` makes options for
/// deltaic_sync_plan, to which the cursor is added, anew each time.
struct SyncCall {
  std::function<Options()> start, plan;
  std::string rejects;  ///< the file, or empty
};

/// \param url  postgres://, postgresql:// (or postgres:///?host=...), redis://, unix:// (Redis).
/// \throws Error, PostgresError, RedisError
std::unique_ptr<SyncTargetConnection> ConnectPostgres(const std::string& url, SyncCall call,
                                                      const Context& context);
std::unique_ptr<SyncTargetConnection> ConnectRedis(const std::string& url,
                                                   const std::string& ca_file, SyncCall call,
                                                   const Context& context);

}  // namespace deltaic::cli
