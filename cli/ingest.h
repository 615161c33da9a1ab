#pragma once

namespace deltaic::cli {

/// Becomes the program deltaic-ingest, which lies beside this one or on the PATH.
/// \param argv  "ingest" and its arguments, ended by nullptr.
/// \return an exit code, where there is no such program.
int RunIngest(char** argv);

}  // namespace deltaic::cli
