#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/option_set.h"
#include "storage/object_store.h"

namespace deltaic {

/// Whether a URI is one of HDFS: `webhdfs://`, `swebhdfs://` (https), `hdfs://`.
bool IsHdfsUri(std::string_view uri);

/// The table in HDFS, by the name node's WebHDFS interface: `webhdfs://host:9870/path`,
/// `swebhdfs://…`; of `hdfs://host:port/path`, whose port is another protocol's, at the option
/// `hdfs_webhdfs_endpoint`, else port 9870 of that host. No request is made.
/// A commit is a file of another name that is then renamed, which HDFS does only where nothing is.
/// \retval kInvalidArgument  of URI or options.
Result<std::shared_ptr<ObjectStore>> OpenWebHdfsStore(
    std::string_view uri, const std::map<std::string, std::string>& given,
    const Environment& environment);

}  // namespace deltaic
