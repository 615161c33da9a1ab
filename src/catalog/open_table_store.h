#pragma once

#include <memory>
#include <string_view>

#include "net/io_context.h"
#include "storage/open_with_login.h"

namespace deltaic {

/// As OpenObjectStore(); besides, `uri` may name a table of a catalog: "uc://catalog.schema.table"
/// (Unity Catalog) or "glue://database.table" (AWS Glue). A catalog is asked here, by one request,
/// where the table lies; docs/catalogs.md lists its options, which are given along with the
/// storage's. Credentials that Unity Catalog hands out are used, and renewed, unless `login` is
/// given, or the table lies on the local disk.
/// \retval kNotFound, kPermissionDenied, kUnavailable  as the catalog says.
Result<std::shared_ptr<ObjectStore>> OpenTableStore(std::string_view uri,
                                                    const StorageOptions& options,
                                                    const OptionsProvider& login = {},
                                                    const IoContext& context = {});

}  // namespace deltaic
