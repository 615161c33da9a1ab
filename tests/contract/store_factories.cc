#include "contract/store_factories.h"

#include <stdlib.h>

#include "contract/memory_backend.h"
#include "storage/far_store.h"
#include "storage/fault_store.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"

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

}  // namespace

std::vector<StoreFactory> AllStores() {
  const auto no_fault = [](StoreCall, std::string_view) { return Fault{}; };
  return {
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
}

std::string NameOfStore(const ::testing::TestParamInfo<StoreFactory>& info) {
  return info.param.name;
}

}  // namespace deltaic::testing
