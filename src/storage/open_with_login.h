#pragma once

#include "storage/login/fresh_options.h"
#include "storage/open_store.h"

namespace deltaic {

/// As OpenObjectStore(), where S3, Azure and Google get their credentials from `login`, instead of
/// from options and environment; empty: from these.
/// \retval kInvalidArgument, kUnsupported  besides: a login for a store that takes none.
Result<std::shared_ptr<ObjectStore>> OpenObjectStoreWith(const OptionsProvider& login,
                                                         std::string_view uri,
                                                         const StorageOptions& options);

}  // namespace deltaic
