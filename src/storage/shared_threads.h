#pragma once

#include <functional>

namespace deltaic {

/// Runs `task` on one of the threads that all work of this process shares, as soon as one is free.
/// They are for short tasks and for waiting on storage; no task may wait for another that has not
/// begun. A child of a fork has threads of its own. `task` throws nothing.
/// \return false where no thread can be had: the caller does the work itself.
bool RunOnSharedThread(std::function<void()> task);

}  // namespace deltaic
