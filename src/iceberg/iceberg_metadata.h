#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/json_tree.h"

namespace deltaic {

/// One field of a partition spec.
struct IcebergPartitionField {
  int64_t source_id = 0;  ///< of the column; 0: of several
  int64_t field_id = 0;
  std::string transform;  ///< "identity", "bucket[16]", "day", …
  std::string name;
};
using IcebergSpec = std::vector<IcebergPartitionField>;

/// What a metadata.json says of the table as it is now.
struct IcebergMetadata {
  int64_t format_version = 0;  ///< 1 to 3
  std::string location;        ///< without '/' at its end
  int64_t last_column_id = 0;  ///< the highest that was ever given out
  Json schema;                 ///< the current one
  std::map<int64_t, IcebergSpec> specs;
  int64_t default_spec = 0;
  std::map<std::string, std::string> properties;
  std::optional<std::string> manifest_list;  ///< of the current snapshot; nullopt: no snapshot yet

  /// \retval kCorruption  one that the table does not have.
  Result<const IcebergSpec*> Spec(int64_t id) const;
};

/// \retval kCorruption  not JSON, or what the specification needs is missing, by name.
/// \retval kUnsupported  a format version above 3, encryption, a snapshot without manifest list.
Result<IcebergMetadata> ParseIcebergMetadata(std::string_view json);

/// True for what tells an Iceberg table: a metadata.json of any of the names it has.
bool IsIcebergMetadataName(std::string_view name);
bool IsGzipMetadataName(std::string_view name);

/// Which of the files in `metadata/` is the newest.
/// \param names  any files of the folder.
/// \param hint  what version-hint.text says: v<hint>.metadata.json, or later ones of this kind.
/// \retval kNotFound  none, or not the one of the hint.
/// \retval kInvalidArgument  several may be: only a catalog knows.
Result<std::string> NewestIcebergMetadata(const std::vector<std::string>& names,
                                          const std::optional<std::string>& hint);

}  // namespace deltaic
