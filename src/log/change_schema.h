#pragma once

#include <optional>
#include <string>

#include "protocol/schema.h"

namespace deltaic {

/// A schema and how files hold its columns.
struct FileSchema {
  SchemaPtr schema;
  bool mapped = false;  ///< by physical names or ids
};

/// Why rows written as `from` cannot be given as `to`, in words ("column a was dropped"); nullopt
/// where they can: columns may have been added, have become wider or have begun to take nulls.
std::optional<std::string> FindUnreadableChange(const FileSchema& from, const FileSchema& to);

}  // namespace deltaic
