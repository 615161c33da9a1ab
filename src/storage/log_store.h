#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.h"

namespace deltaic {

/// The table's `_delta_log` folder: listing, reading, and the one guarantee everything stands on: a
/// log file is created by one writer only, whole and durable. Names are file names inside the
/// folder (or "_sidecars/x.parquet"). Safe from any thread. A table shared with writers that
/// coordinate otherwise (S3DynamoDB) gets another implementation; the default asks the ObjectStore.
class LogStore : public std::enable_shared_from_this<LogStore> {
 public:
  virtual ~LogStore() = default;
  /// See ObjectStore::With().
  virtual std::shared_ptr<LogStore> With(IoContext context);
  virtual Result<std::vector<ObjectMeta>> ListFrom(std::string_view start_name) const = 0;
  /// Size and time of one file, `path` its name. \retval kNotFound
  virtual Result<ObjectMeta> Stat(std::string_view name) const = 0;
  virtual Result<std::string> Read(std::string_view name) const = 0;
  virtual Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view name, std::optional<int64_t> size) const = 0;
  virtual Result<PutOutcome> PutIfAbsent(std::string_view name, std::string_view bytes) = 0;
  virtual Status Put(std::string_view name, std::string_view bytes) = 0;
  /// See ObjectStore::PutHint().
  virtual Status PutHint(std::string_view name, std::string_view bytes) = 0;
  /// Starts a log file that appears whole, also after a power loss.
  virtual Result<std::unique_ptr<ObjectWriter>> Create(std::string_view name) = 0;
  virtual Status Delete(std::string_view name) = 0;
  /// True where the table's catalog says which commits there are.
  virtual bool has_catalog() const { return false; }
};

/// Log files no longer than this are read; a longer one is refused (kCorruption) before memory is
/// taken.
inline constexpr int64_t kMaxLogFileBytes = int64_t{4} << 30;

/// The log of the table at the store's root, relying on the store's own PutIfAbsent.
std::shared_ptr<LogStore> MakeLogStore(std::shared_ptr<ObjectStore> store);

}  // namespace deltaic
