#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic::ingest {

/// True for bytes that begin as gzip does.
bool IsGzip(std::string_view bytes);

/// What gzip bytes hold. \retval kCorruption  they are damaged, or hold more than `most_bytes`.
Status DecompressGzip(std::string_view bytes, int64_t most_bytes, std::string& out);

/// The same for what zlib's own format holds.
Status DecompressZlib(std::string_view bytes, int64_t most_bytes, std::string& out);

}  // namespace deltaic::ingest
