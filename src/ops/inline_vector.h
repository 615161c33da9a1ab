#pragma once

#include "base/status.h"
#include "data/deletion_vector/deletion_vector.h"
#include "protocol/actions.h"

namespace deltaic {

/// What a scan takes as a deletion vector, without a file.
/// \retval kUnsupported  one that is too large for that.
Result<DeletionVectorDescriptor> InlineDescriptor(const DeletionVector& vector);

}  // namespace deltaic
