#pragma once

#include <parquet/exception.h>
#include <parquet/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "data/values/spark_calendar.h"
#include "storage/log_store.h"

namespace parquet {
class RowGroupReader;
}  // namespace parquet

namespace deltaic {

/// The Status of an exception that Parquet threw while it read `name`: storage errors as they are,
/// everything else kCorruption.
Status ParquetErrorStatus(const std::exception& error, const std::string& name);

/// Runs `function`, which returns a Status or Result, with Parquet's exceptions turned into its
/// error.
template <typename Function>
auto CatchParquet(const std::string& name, const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    return ParquetErrorStatus(error, name);
  }
}

/// A Parquet file of a checkpoint, its footer read. Immutable: safe from any thread.
class CheckpointFile {
 public:
  /// \param name  inside the log folder.
  /// \param size_bytes  from a listing, never from a log action; nullopt asks the store.
  /// \param local  reads are cheap: small ones as they are needed, rather than whole column chunks.
  /// \retval kCorruption  not a Parquet file, or a damaged one.
  static Result<std::shared_ptr<const CheckpointFile>> Open(const LogStore& log, std::string name,
                                                            std::optional<int64_t> size_bytes,
                                                            bool local);
  ~CheckpointFile();

  const std::string& name() const { return name_; }
  const parquet::SchemaDescriptor& schema() const;
  FileCalendars calendars() const;
  int num_row_groups() const;
  int64_t num_rows(int row_group) const;
  /// Values that are not null in one leaf of a row group; nullopt where the file does not say.
  std::optional<int64_t> num_values(int row_group, int leaf) const;

  /// A reader of one row group, for one thread. Keep it as long as its columns.
  /// \param column  all of this top-level column will be read: a store far away is asked for it at
  /// once.
  Result<std::shared_ptr<parquet::RowGroupReader>> ReadRowGroup(int row_group,
                                                                std::string_view column = {}) const;

 private:
  struct Impl;
  std::vector<int> LeavesOf(std::string_view column) const;
  CheckpointFile(std::string name, std::unique_ptr<Impl> impl);

  std::string name_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic
