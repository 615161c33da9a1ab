#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/object_store.h"

namespace deltaic::testing {

/// A folder of its own, removed at the end.
class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  ~TempFolder();
  const std::string& path() const { return path_; }
  /// How many names there are inside, at any depth, whatever they look like.
  int CountEntries() const;

 private:
  std::string path_;
};

/// One kind of store that has to keep the contract.
struct StoreFactory {
  std::string name;
  /// An empty store; `folder` is there for those that need one.
  std::function<std::shared_ptr<ObjectStore>(const TempFolder& folder)> make;
  /// That a file is absent is found at its first read where its size was given.
  bool opens_unasked = false;
  /// An opened object can be read after it was replaced or deleted; else such a read fails.
  bool keeps_opened = true;
};

inline void PrintTo(const StoreFactory& factory, std::ostream* os) { *os << factory.name; }

std::vector<StoreFactory> AllStores();

/// For INSTANTIATE_TEST_SUITE_P.
std::string NameOfStore(const ::testing::TestParamInfo<StoreFactory>& info);

/// A local store at the folder itself.
std::shared_ptr<ObjectStore> LocalStoreAt(const TempFolder& folder);

}  // namespace deltaic::testing
