#pragma once

#include <memory>

#include "storage/log_store.h"
#include "storage/object_store.h"

namespace deltaic {

/// What a store is too whose tables agree on commits otherwise than by its own PutIfAbsent().
class HasOwnLog {
 public:
  virtual ~HasOwnLog() = default;
  /// The log of the table at the store's root; nullptr: the usual one.
  /// \param self  this store.
  virtual std::shared_ptr<LogStore> MakeLog(std::shared_ptr<ObjectStore> self) const = 0;
};

/// The log whose files are all in the store, and new ones made by its PutIfAbsent().
std::shared_ptr<LogStore> MakeFolderLog(std::shared_ptr<ObjectStore> store);

}  // namespace deltaic
