#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/loop/options.h"

namespace deltaic::ingest {

/// What a command line asks for, with its configuration file and environment.
struct CommandLine {
  ProcessOptions process;
  std::vector<IngestOptions> routes;
  std::string text;  ///< help, to be printed in place of a run
};

/// Reads all. Of one value given in several places, the command line's counts, then a route's, the
/// file's top, the environment's.
/// \retval kInvalidArgument  in one line; for what a file says, with file, line and key.
Result<CommandLine> ReadCommandLine(int argc, const char* const* argv);

}  // namespace deltaic::ingest
