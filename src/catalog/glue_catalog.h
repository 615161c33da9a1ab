#pragma once

#include <map>
#include <string>

#include "catalog/catalog_uri.h"
#include "net/io_context.h"
#include "net/option_set.h"
#include "storage/login/fresh_options.h"

namespace deltaic {

/// Where a table of AWS Glue lies, by one request with the region and credentials that S3 would
/// have. `AWS_ENDPOINT_URL_GLUE` names another address of the service.
/// \param given  storage options of S3.  \param login  instead of their credentials, where it is.
/// \retval kNotFound, kPermissionDenied, kUnavailable  as Glue says.
Result<std::string> FindGlueTable(const GlueName& name,
                                  const std::map<std::string, std::string>& given,
                                  const Environment& environment, const OptionsProvider& login,
                                  const IoContext& context);

}  // namespace deltaic
