#include "data/values/compute_kernels.h"

#include <arrow/compute/initialize.h>

#include "base/fork.h"
#include "base/made_once.h"
#include "storage/arrow_status.h"

namespace deltaic {

Status EnsureComputeKernels() {
  return MadeOnce([] {
    Status outcome;
    RunBetweenForks([&] { outcome = AsStatus(arrow::compute::Initialize()); });
    return outcome;
  });
}

}  // namespace deltaic
