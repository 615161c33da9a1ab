#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/option_set.h"
#include "storage/login/fresh_options.h"
#include "storage/object_store.h"

namespace deltaic {

/// The table at a URI of Azure's, by the Blob service, which Data Lake accounts and OneLake have
/// too. No request is made.
/// \param given  storage options.  \retval kInvalidArgument, kUnsupported  of URI or options.
Result<std::shared_ptr<ObjectStore>> OpenAzureStore(std::string_view uri,
                                                    const std::map<std::string, std::string>& given,
                                                    const Environment& environment,
                                                    const OptionsProvider& login = {});

}  // namespace deltaic
