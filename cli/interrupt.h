#pragma once

namespace deltaic::cli {

/// Ctrl-C was pressed, or the program was told to end. Calls with Context::CallOptions() end then.
bool IsInterrupted();

}  // namespace deltaic::cli
