#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/write/data_file_writer.h"

namespace deltaic {

/// A name that no other file has, as Spark makes them. \param number  of the file in its commit.
std::string NewDataFileName(DataFileKind kind, int64_t number, std::string_view suffix);

}  // namespace deltaic
