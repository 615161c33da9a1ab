#pragma once

#include <arrow/status.h>

#include <cstdint>
#include <string_view>

namespace deltaic {

/// Whether a file may be asked for `size_bytes` from `position` on, which come from untrusted
/// footers: ok past its end too, where it has none.
/// \param where  the file, for messages.
arrow::Status CheckRead(bool is_closed, int64_t position, int64_t size_bytes,
                        std::string_view where);

}  // namespace deltaic
