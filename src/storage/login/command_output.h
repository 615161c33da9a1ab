#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/status.h"
#include "net/io_context.h"

namespace deltaic {

/// What a program writes to its standard output. Nothing goes through a shell; the program reads
/// nothing, and what it writes to standard error is dropped. It is killed where it takes longer.
/// \param argv  the program, looked up in PATH, and its arguments.
/// \retval kNotFound  there is no such program.
/// \retval kPermissionDenied  it ended with another code than 0.
/// \retval kUnavailable  it took too long.  \retval kIo  it wrote more than 1 MiB.
Result<std::string> CommandOutput(const std::vector<std::string>& argv, std::chrono::seconds limit,
                                  const IoContext& context);

}  // namespace deltaic
