#include "data/values/compute_kernels.h"

#include <arrow/compute/initialize.h>

#include "storage/arrow_status.h"

namespace deltaic {

Status EnsureComputeKernels() {
  static const Status outcome = AsStatus(arrow::compute::Initialize());
  return outcome;
}

}  // namespace deltaic
