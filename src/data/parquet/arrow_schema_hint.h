#pragma once

#include <memory>

#include "base/status.h"

namespace parquet {
class FileMetaData;
}

namespace deltaic {

/// The footer without the schema that an Arrow writer left in it, if that names extension types:
/// Arrow refuses a file whose storage is not what it wants of such a type (delta-rs writes uuid as
/// binary of any length), and the table's schema says what the columns are. Other footers come back
/// as they are.
/// \retval kCorruption  the footer is not Thrift.
Result<std::shared_ptr<parquet::FileMetaData>> WithoutExtensionTypes(
    std::shared_ptr<parquet::FileMetaData> footer);

}  // namespace deltaic
