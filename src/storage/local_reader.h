#pragma once

#include <arrow/io/type_fwd.h>

#include <memory>
#include <string>

#include "base/status.h"

namespace deltaic {

/// Opens a file on a local disk for random reads. ReadAt and GetSize are safe from many threads at
/// once, and read by pread(2) rather than from a mapping: a file that another process cuts short
/// gives a short read, not a SIGBUS.
/// \retval kNotFound  absent, or no regular file.
Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenLocalFile(const std::string& path);

}  // namespace deltaic
