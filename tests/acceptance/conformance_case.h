#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// The facts of a snapshot that a case states.
struct ExpectedSnapshot {
  int64_t version = 0;
  int64_t num_files = 0, num_tombstones = 0, total_size = 0, num_deletion_vectors = 0;
  int64_t min_reader = 0, min_writer = 0;
  std::vector<std::string> reader_features, writer_features, partition_columns;
  std::string column_mapping, table_id;
  std::map<std::string, std::string> properties, domains;
  std::map<std::string, int64_t> txns;
  std::optional<int64_t> in_commit_timestamp;
};

/// One row of `cases.json`; its README says what each kind means.
struct ConformanceCase {
  std::string name, path, kind;
  std::map<std::string, std::string> placeholders;  ///< `template`: placeholder to its description
  std::optional<ExpectedSnapshot> snapshot;
  std::optional<int64_t> rows;
  std::vector<std::string> digests;  ///< any of them is right
  std::map<int64_t, std::optional<int64_t>>
      rows_by_version;  ///< nullopt: reading that version must fail
  std::string error;    ///< name of the meaning, for messages
  /// By version, then kind of change: how many rows the change data feed has.
  std::map<int64_t, std::map<std::string, int64_t>> changes_by_version;
  std::vector<std::string> staged_commits;  ///< that the table's catalog has ratified
  std::optional<int64_t> max_catalog_version;
};

/// Parses the file at `path`. \retval kNotFound  \retval kCorruption  not of the format.
Result<std::vector<ConformanceCase>> ReadConformanceCases(const std::string& path);

}  // namespace deltaic
