#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include <memory>

namespace deltaic {

/// `file` of which the last bytes are read already: reads within them ask storage for nothing.
/// Its size is known.
std::shared_ptr<arrow::io::RandomAccessFile> KeepEnd(
    std::shared_ptr<arrow::io::RandomAccessFile> file, std::shared_ptr<arrow::Buffer> end);

}  // namespace deltaic
