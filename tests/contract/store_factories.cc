#include "contract/store_factories.h"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>

#include "contract/memory_backend.h"
#include "storage/far_store.h"
#include "storage/fault_store.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/open_store.h"

namespace deltaic::testing {

TempFolder::TempFolder() {
  path_ = (std::filesystem::temp_directory_path() / "deltaic-contract-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int TempFolder::CountEntries() const {
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

std::shared_ptr<ObjectStore> LocalStoreAt(const TempFolder& folder) {
  return MakeLocalStore(folder.path()).value();
}

namespace {

std::shared_ptr<ObjectStore> FarMemory() {
  return MakeFarStore(MakeMemoryStore(), std::make_shared<FarRequests>(),
                      std::chrono::microseconds(50));
}

/// A folder of its own in the bucket of a server that a test run has started; see tests/cloud.
std::shared_ptr<ObjectStore> NewFolderAt(const std::string& root) {
  static std::atomic<int> count = 0;
  const std::string uri = Concat(root, "/", getpid(), "-", ++count);
  const Result<std::shared_ptr<ObjectStore>> store = OpenObjectStore(uri, {});
  if (!store.ok()) throw std::runtime_error(store.status().ToString());
  return *store;
}

}  // namespace

std::vector<StoreFactory> AllStores() {
  const auto no_fault = [](StoreCall, std::string_view) { return Fault{}; };
  std::vector<StoreFactory> stores = {
      {"Local", [](const TempFolder& folder) { return LocalStoreAt(folder); }},
      {"LocalRootAbsent",
       [](const TempFolder& folder) { return MakeLocalStore(folder.path() + "/a/b c").value(); }},
      {"Memory", [](const TempFolder&) { return MakeMemoryStore(); }},
      {"FaultlessLocal",
       [=](const TempFolder& folder) { return MakeFaultStore(LocalStoreAt(folder), no_fault); }},
      {"FaultlessMemory",
       [=](const TempFolder&) { return MakeFaultStore(MakeMemoryStore(), no_fault); }},
      {"Bound", [](const TempFolder& folder) { return LocalStoreAt(folder)->With({}); }},
      {"Far", [](const TempFolder&) { return FarMemory(); }, /*opens_unasked=*/true},
      {"FarBound", [](const TempFolder&) { return FarMemory()->With({}); }, /*opens_unasked=*/true},
      {"Remote", [](const TempFolder&) { return MakeRemoteStore(MakeMemoryBackend(), "a/table"); },
       /*opens_unasked=*/true, /*keeps_opened=*/false},
      {"RemoteBound",
       [](const TempFolder&) { return MakeRemoteStore(MakeMemoryBackend(), "")->With({}); },
       /*opens_unasked=*/true, /*keeps_opened=*/false},
  };
  // "s3://bucket/folder", with what is needed to open it in the environment.
  if (const char* root = getenv("DELTAIC_CONTRACT_ROOT"); root != nullptr) {
    stores.push_back({"Server", [=](const TempFolder&) { return NewFolderAt(root); },
                      /*opens_unasked=*/true, /*keeps_opened=*/false});
  }
  return stores;
}

std::string NameOfStore(const ::testing::TestParamInfo<StoreFactory>& info) {
  return info.param.name;
}

}  // namespace deltaic::testing
