#pragma once

#include <string>
#include <vector>

#include "deltaic/deltaic.hpp"

namespace deltaic::cli {

/// The rows of several files, one after the other, as one stream. Each file is opened when the one
/// before has ended.
/// \throws Error  the first file cannot be read; later ones, and files with other columns than the
/// first, fail the stream.
Stream ChainFiles(std::vector<std::string> paths, const std::string& format);

}  // namespace deltaic::cli
