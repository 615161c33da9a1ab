#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/option_set.h"
#include "storage/object_store.h"

namespace deltaic {

/// The table at an http:// or https:// URL, to be read only. A folder is listed by the page that
/// the server makes of it; where it makes none, files of a log are found by counting their names up
/// from where the listing begins. No request is made yet.
/// \param uri  may have a query, such as a signature, which then goes with every request.
/// \retval kInvalidArgument  of URL or options; the message repeats no query.
Result<std::shared_ptr<ObjectStore>> OpenWebStore(std::string_view uri,
                                                  const std::map<std::string, std::string>& given,
                                                  const Environment& environment);

}  // namespace deltaic
