#pragma once

#include <string>

#include "sync/sync_plan.h"

namespace deltaic {

/// The hash in Redis that says how far a target is: table_id, version, spec.
std::string RedisCursorKey(const SyncOptions& options);

/// Fills in the steps of a plan that is complete but for them.
void AddRedisSteps(const SyncOptions& options, SyncPlan& plan);

}  // namespace deltaic
