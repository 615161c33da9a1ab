// Scan tasks as they come from another process: what was parsed is written so that it parses to the
// same, and running it fails only in the ways that are documented.

#include "fuzz.h"
#include "scan/scan_task.h"
#include "storage/memory_store.h"

using namespace deltaic;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::shared_ptr<ObjectStore> store = MakeMemoryStore();
  const auto task = ParseScanTask(fuzz::AsText(data, size));
  if (!task.ok()) {
    FUZZ_CHECK(task.status().code() == StatusCode::kCorruption ||
               task.status().code() == StatusCode::kUnsupported);
    return 0;
  }
  const auto again = ParseScanTask(SerializeScanTask(*task));
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK(*again == *task);
  ScanOptions options;
  options.num_threads = 1;
  const auto scan = OpenScanTask(*task, store, options);
  FUZZ_CHECK(scan.ok() || scan.status().code() != StatusCode::kInternal);
  // No file of it is there.
  if (scan.ok()) FUZZ_CHECK(task->parts.empty() || !(*scan)->Next().ok());
  return 0;
}
