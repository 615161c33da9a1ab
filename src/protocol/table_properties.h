#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"

namespace deltaic {

enum class ColumnMappingMode { kNone, kName, kId };
enum class IsolationLevel { kSerializable, kWriteSerializable };

/// `metaData.configuration`, read. Unknown keys are kept in the metadata and ignored here. A known
/// key with a value that does not parse falls to its default when reading and is refused when set
/// (ValidateTableProperty).
struct TableProperties {
  bool append_only = false;
  int64_t checkpoint_interval = 10;
  bool checkpoint_write_stats_as_json = true;
  bool checkpoint_write_stats_as_struct = false;
  ColumnMappingMode column_mapping_mode =
      ColumnMappingMode::kNone;                 ///< as configured; counts only with the feature
  int32_t data_skipping_num_indexed_cols = 32;  ///< -1 = all
  std::optional<std::vector<std::string>>
      data_skipping_stats_columns;  ///< as written, each for ParseColumnPath
  int64_t deleted_file_retention_ms = 7LL * 24 * 3600 * 1000;
  bool enable_change_data_feed = false;
  bool enable_deletion_vectors = false;
  bool enable_expired_log_cleanup = true;
  bool enable_in_commit_timestamps = false;
  std::optional<int64_t> in_commit_timestamp_enablement_version;
  std::optional<int64_t> in_commit_timestamp_enablement_timestamp;
  bool enable_row_tracking = false;
  bool enable_type_widening = false;
  int iceberg_compat_version = 0;  ///< of delta.enableIcebergCompatV<n>; 0 = none
  bool materialize_partition_columns = false;
  std::optional<int64_t> require_checkpoint_protection_before_version;
  IsolationLevel isolation_level = IsolationLevel::kSerializable;
  int64_t log_retention_ms = 30LL * 24 * 3600 * 1000;
  std::optional<int64_t> set_transaction_retention_ms;
  std::optional<int64_t> target_file_size_bytes;
  std::string parquet_compression_codec;  ///< lower case; empty where not set

  /// Whether data files hold the partition columns too.
  bool writes_partition_columns() const {
    return materialize_partition_columns || iceberg_compat_version > 0;
  }
};

TableProperties ParseTableProperties(const StringMap& configuration);

/// Checks one property at creation or alteration. \retval kInvalidArgument  known key, bad value,
/// or an unknown key that starts with "delta." (keys without that prefix are free).
Status ValidateTableProperty(std::string_view key, std::string_view value);

}  // namespace deltaic
