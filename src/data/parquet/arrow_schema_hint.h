#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace parquet {
class FileMetaData;
}

namespace deltaic {

/// The note of a footer with the schema that an Arrow writer had, in base64.
inline constexpr std::string_view kArrowSchemaKey = "ARROW:schema";

/// Such a note for some of the columns. \param keeps  one for each column at the top.
/// \return empty where it names extension types (as below); nullopt where it is damaged or is not
/// of as many columns.
std::optional<std::string> NarrowSchemaHint(std::string_view hint, const std::vector<bool>& keeps);

/// The footer without the schema that an Arrow writer left in it, if that names extension types:
/// Arrow refuses a file whose storage is not what it wants of such a type (delta-rs writes uuid as
/// binary of any length), and the table's schema says what the columns are. Other footers come back
/// as they are.
/// \retval kCorruption  the footer is not Thrift.
Result<std::shared_ptr<parquet::FileMetaData>> WithoutExtensionTypes(
    std::shared_ptr<parquet::FileMetaData> footer);

}  // namespace deltaic
