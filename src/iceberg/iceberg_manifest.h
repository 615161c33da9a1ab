#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/value.h"

namespace deltaic {

/// A manifest, as a manifest list names it.
struct IcebergManifest {
  std::string path;
  int64_t spec_id = 0;
  bool of_deletes = false;
  int64_t sequence_number = 0;
  bool is_encrypted = false;
};

enum class IcebergContent { kData, kPositionDeletes, kEqualityDeletes };

/// A live file of a manifest.
struct IcebergFile {
  IcebergContent content = IcebergContent::kData;
  std::string path;
  std::string format;           ///< "PARQUET", in any case
  int64_t sequence_number = 0;  ///< of its rows, or of its deletes
  int64_t spec_id = 0;
  int64_t num_rows = 0;
  int64_t size_bytes = 0;
  bool is_encrypted = false;

  /// One value of its partition. Dates are days, times microseconds.
  struct PartitionValue {
    int64_t field_id = 0;
    Value value;
  };
  std::vector<PartitionValue> partition;

  /// Of position deletes: paths between which the data files lie; nullopt: unknown.
  std::optional<std::string> least_path, greatest_path;
};

/// \retval kCorruption  not such a file, or a field that is needed is missing.
/// \retval kUnsupported, kSchemaMismatch  as AvroFile::Open() says.
Result<std::vector<IcebergManifest>> ReadManifestList(std::string_view bytes);

/// Calls `visit` for each file that the manifest says is in the table.
/// \param manifest  what the list says of it.
/// \retval kCorruption, kUnsupported, kSchemaMismatch  as above.
Status ReadManifest(std::string_view bytes, const IcebergManifest& manifest,
                    const std::function<Status(IcebergFile file)>& visit);

/// Whether rows of `data` may be deleted by `deletes`, by what their metadata says. False only
/// where they cannot be, as with those that a compaction of the data left behind.
bool DeleteMayApply(const IcebergFile& deletes, const IcebergFile& data);

}  // namespace deltaic
