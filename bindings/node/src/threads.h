#pragma once

#include <functional>

namespace deltaic_node {

/// Runs `job` at once on a thread that is idle, or on a new one: jobs wait for one another, so none
/// may wait for a thread. Threads without work end after a while.
void RunOnThread(std::function<void()> job);

}  // namespace deltaic_node
