#include <memory>
#include <string>
#include <utility>

#include "bindings.h"
#include "errors.h"
#include "interruptible.h"
#include "scan.h"
#include "table.h"

namespace deltaic_python {
namespace {

using CopyHandle = std::unique_ptr<deltaic_copy, FreeWith<deltaic_copy_free>>;

/// Class SyncPlan.
struct SyncPlan {
  std::shared_ptr<deltaic_sync> handle;
};

/// Class SyncCopy. One thread at a time.
struct SyncCopy {
  CopyHandle handle;
  CancellationHandle cancellation;

  SyncCopy(CopyHandle copy, CancellationHandle cancel)
      : handle(std::move(copy)), cancellation(std::move(cancel)) {}
  SyncCopy(SyncCopy&&) = default;
  SyncCopy& operator=(SyncCopy&&) = delete;
  /// Waits for the threads that read ahead, so others may run meanwhile.
  ~SyncCopy() {
    if (!handle) return;
    const WithoutGil unlocked;
    handle.reset();
  }
};

nb::object StartJson(const Options& options) {
  return TextWithoutGil([&](char** out, deltaic_error** error) {
    return deltaic_sync_start_json(options.handle.get(), out, error);
  });
}

SyncPlan Plan(const Table& table, Options& options) {
  deltaic_sync* sync = nullptr;
  CallInterruptible(&options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_sync_plan(table.get(), given, &sync, error);
  });
  return {std::shared_ptr<deltaic_sync>(sync, deltaic_sync_free)};
}

nb::object PlanJson(const SyncPlan& self) {
  return TextWithoutGil([&](char** out, deltaic_error** error) {
    return deltaic_sync_json(self.handle.get(), out, error);
  });
}

SyncCopy OpenCopy(const SyncPlan& self) {
  Options options;
  CancellationHandle cancellation = EnsureCancellation(options);
  deltaic_copy* copy = nullptr;
  CallInterruptible(&options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_sync_copy(self.handle.get(), given, &copy, error);
  });
  return {CopyHandle(copy), std::move(cancellation)};
}

nb::object NextBytes(SyncCopy& self) {
  const void* bytes = nullptr;
  size_t length = 0;
  CallInterruptible(self.cancellation, [&](deltaic_error** error) {
    return deltaic_copy_next(self.handle.get(), &bytes, &length, error);
  });
  if (length == 0) return nb::none();
  return nb::bytes(static_cast<const char*>(bytes), length);
}

}  // namespace

void BindSync(nb::module_& module) {
  module.def("sync_start_json", &StartJson, nb::arg("options"));
  module.def("sync_plan", &Plan, nb::arg("table"), nb::arg("options"));
  nb::class_<SyncPlan>(module, "SyncPlan").def("json", &PlanJson).def("copy", &OpenCopy);
  nb::class_<SyncCopy>(module, "SyncCopy")
      .def("next", &NextBytes)
      .def("num_rows", [](SyncCopy& self) { return deltaic_copy_num_rows(self.handle.get()); })
      .def("num_rejected",
           [](SyncCopy& self) { return deltaic_copy_num_rejected(self.handle.get()); });
}

}  // namespace deltaic_python
