#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/strong_types.h"

namespace deltaic {

/// Text by text with SQL null values, as `partitionValues` has it; the order of the log is kept.
using PartitionValues = std::vector<std::pair<std::string, std::optional<std::string>>>;
using StringMap = std::map<std::string, std::string>;

struct Metadata {
  std::string id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::string format_provider = "parquet";
  StringMap format_options;
  std::string schema_string;  ///< JSON; empty where an old log lacks it
  std::vector<std::string> partition_columns;
  std::optional<int64_t> created_time_ms;
  StringMap configuration;
  bool operator==(const Metadata&) const = default;
};

struct Protocol {
  int32_t min_reader_version = 1;
  int32_t min_writer_version = 2;
  std::optional<std::vector<std::string>> reader_features;  ///< only with reader version 3
  std::optional<std::vector<std::string>> writer_features;  ///< only with writer version 7
  bool operator==(const Protocol&) const = default;
};

struct DeletionVectorDescriptor {
  std::string storage_type;  ///< "u" relative, "p" absolute path, "i" inline
  std::string path_or_inline_dv;
  std::optional<int32_t> offset;
  int32_t size_in_bytes = 0;
  int64_t cardinality = 0;
  /// storageType + pathOrInlineDv + ("@" + offset if present): with the path, the key of a logical
  /// file.
  std::string UniqueId() const;
  bool operator==(const DeletionVectorDescriptor&) const = default;
};

struct Add {
  std::string path;  ///< percent-encoded, as in the log
  PartitionValues partition_values;
  int64_t size = 0;
  int64_t modification_time = 0;
  bool data_change = true;
  std::optional<std::string> stats;  ///< JSON text
  std::optional<StringMap> tags;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::optional<std::string> clustering_provider;
  bool operator==(const Add&) const = default;
};

struct Remove {
  std::string path;
  std::optional<int64_t> deletion_timestamp;
  bool data_change = true;
  std::optional<bool> extended_file_metadata;
  std::optional<PartitionValues> partition_values;
  std::optional<int64_t> size;
  std::optional<std::string> stats;
  std::optional<StringMap> tags;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  bool operator==(const Remove&) const = default;
};

struct Cdc {
  std::string path;
  PartitionValues partition_values;
  int64_t size = 0;
  bool data_change = false;
  std::optional<StringMap> tags;
  bool operator==(const Cdc&) const = default;
};

struct Txn {
  std::string app_id;
  int64_t version = 0;
  std::optional<int64_t> last_updated;
  bool operator==(const Txn&) const = default;
};

struct DomainMetadata {
  std::string domain;
  std::string configuration;
  bool removed = false;
  bool operator==(const DomainMetadata&) const = default;
};

/// Free-form provenance: the whole object is kept as compact JSON, the fields that mean something
/// here beside it.
struct CommitInfo {
  std::string json;  ///< the object as in the log
  std::optional<int64_t> timestamp;
  std::optional<int64_t> in_commit_timestamp;
  std::optional<std::string> operation;
  std::optional<std::string> txn_id;
  std::optional<int64_t> read_version;
  std::optional<std::string> isolation_level;
  std::optional<bool> is_blind_append;
  std::optional<std::string> engine_info;
  bool operator==(const CommitInfo&) const = default;
};

struct CheckpointMetadata {
  int64_t version = 0;
  std::optional<StringMap> tags;
  bool operator==(const CheckpointMetadata&) const = default;
};

struct Sidecar {
  std::string path;  ///< file name inside `_sidecars`
  int64_t size_in_bytes = 0;
  int64_t modification_time = 0;
  std::optional<StringMap> tags;
  bool operator==(const Sidecar&) const = default;
};

using Action = std::variant<Metadata, Protocol, Add, Remove, Cdc, Txn, CommitInfo, DomainMetadata,
                            CheckpointMetadata, Sidecar>;

}  // namespace deltaic
