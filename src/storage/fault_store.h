#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "storage/object_store.h"

namespace deltaic {

/// What a FaultPlan is asked about, before the call reaches the store beneath.
enum class StoreCall {
  kStat,
  kOpen,
  kRead,
  kList,
  kCreate,
  kWrite,
  kClose,
  kPutIfAbsent,
  kPut,
  kDelete
};

/// What happens to one call.
struct Fault {
  enum class Kind {
    kNone,
    kFailBefore,    ///< `status` is returned, nothing done
    kFailAfter,     ///< the call is done, then `status` is returned (a lost reply)
    kHalfWritten,   ///< writes: half of the bytes arrive, then `status`
    kStaleListing,  ///< listings: the newest name is missing
  } kind = Kind::kNone;
  Status status;
};

/// Decides per call. Called from any thread.
using FaultPlan = std::function<Fault(StoreCall call, std::string_view path)>;

/// Wraps `inner` for tests of failure paths.
std::shared_ptr<ObjectStore> MakeFaultStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan);

}  // namespace deltaic
