#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "storage/object_store.h"

namespace deltaic {

/// Settings such as credentials, by name. Values never reach a message.
using StorageOptions = std::map<std::string, std::string>;

/// The store whose root is the table at `uri`: a local path ("./t", "/tmp/t", "file:///tmp/t%20x"),
/// "memory://name/t" (one namespace per process, for tests and demos), "s3://bucket/folder",
/// Azure's (IsAzureUri()), "gs://bucket/folder", HDFS's (IsHdfsUri()), or "https://host/folder",
/// which can be read only. The folder need not exist, and no server is asked yet. `~` is not
/// expanded. Options of the clouds are in docs/storage.md. Options of local tables:
/// `read_outside_files` ("true" or "false", the default): read files that the log names by absolute
/// paths outside of the table's folder, as those of a shallow clone; for tables that are trusted.
/// \retval kInvalidArgument  empty, or not a URI; an option this build does not know.
/// \retval kUnsupported  a scheme this build has no storage for, named.
Result<std::shared_ptr<ObjectStore>> OpenObjectStore(std::string_view uri,
                                                     const StorageOptions& options);

}  // namespace deltaic
