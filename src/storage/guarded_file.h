#pragma once

#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/status.h"

namespace deltaic {

/// Asked before each read of a file, of so many bytes at an offset; may wait. What it returns, if
/// not ok, the read fails with. Called from any thread.
using ReadGuard = std::function<Status(int64_t offset, int64_t num_bytes)>;

/// `file` with a guard before its reads.
/// \param size_bytes  what it gives as its size, whatever `file` says.
std::shared_ptr<arrow::io::RandomAccessFile> GuardReads(
    std::shared_ptr<arrow::io::RandomAccessFile> file, ReadGuard guard,
    std::optional<int64_t> size_bytes = std::nullopt);

}  // namespace deltaic
