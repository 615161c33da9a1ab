#pragma once

#include <arrow/io/type_fwd.h>

#include <memory>
#include <string>

#include "storage/remote/remote_backend.h"

namespace deltaic {

/// An object for random reads, each of which is a request, or several at once where it is long. All
/// of them see one version of the object, or fail. Safe from any thread.
/// \param object  its key and size; the ETag where it is known.
std::shared_ptr<arrow::io::RandomAccessFile> OpenRemoteFile(
    std::shared_ptr<const RemoteBackend> backend, RemoteObject object, IoContext context);

}  // namespace deltaic
