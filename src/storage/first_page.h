#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "storage/log_store.h"
#include "storage/object_store.h"

namespace deltaic {

/// What one request for a listing brings.
struct ListingPage {
  std::vector<ObjectMeta> objects;  ///< sorted by name
  bool is_last = false;             ///< there are no others
};

/// What a store is too whose listings come page by page.
class ListsByPage {
 public:
  virtual ~ListsByPage() = default;
  /// As ObjectStore::ListFrom(), by one request; or nothing, and not the last, by none.
  virtual Result<ListingPage> FirstPage(std::string_view directory,
                                        std::string_view start_name) const = 0;
};

/// The same of a log; nullopt where it is listed otherwise.
Result<std::optional<ListingPage>> FirstLogPage(const LogStore& log, std::string_view start_name);

}  // namespace deltaic
