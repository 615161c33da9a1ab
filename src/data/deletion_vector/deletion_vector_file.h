#pragma once

#include <string>

#include "base/status.h"
#include "data/actions/data_path.h"
#include "data/deletion_vector/deletion_vector.h"
#include "protocol/actions.h"
#include "storage/object_store.h"

namespace deltaic {

/// The place of the file that a descriptor of storage type "u" or "p" names.
/// \retval kCorruption  a malformed descriptor.  \retval kUnsupported  a file outside the table's
/// folder where that is not allowed.
Result<DataPlace> DeletionVectorPlace(const ObjectStore& store,
                                      const DeletionVectorDescriptor& descriptor);

/// Loads the deletion vector of a data file of `num_rows` rows; nothing larger than the stored file
/// is allocated.
/// \retval kNotFound  its file is gone.
/// \retval kCorruption  wrong size, CRC or content, or more rows than the data file has.
/// Source: PROTOCOL.md, "Deletion Vectors".
Result<DeletionVector> LoadDeletionVector(const ObjectStore& store,
                                          const DeletionVectorDescriptor& descriptor,
                                          int64_t num_rows);

}  // namespace deltaic
