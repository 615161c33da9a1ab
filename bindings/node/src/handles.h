#pragma once

#include <deltaic/deltaic.h>

#include <atomic>
#include <memory>

#include "credentials.h"

namespace deltaic_node {

struct Freer {
  void operator()(deltaic_error* p) const { deltaic_error_free(p); }
  void operator()(deltaic_options* p) const { deltaic_options_free(p); }
  void operator()(deltaic_merge* p) const { deltaic_merge_free(p); }
  void operator()(char* p) const { deltaic_string_free(p); }
};
using ErrorHandle = std::unique_ptr<deltaic_error, Freer>;
using OptionsHandle = std::unique_ptr<deltaic_options, Freer>;
using MergeHandle = std::unique_ptr<deltaic_merge, Freer>;
using TextHandle = std::unique_ptr<char, Freer>;

/// Shared with calls that run: what frees last does so on any thread.
using TableHandle = std::shared_ptr<deltaic_table>;
using ScanHandle = std::shared_ptr<deltaic_scan>;

/// A deltaic_cancellation that can be asked whether it was used, for what waits on this side.
class Canceller {
 public:
  Canceller() : cancellation_(deltaic_cancellation_new()) {}
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;
  ~Canceller() { deltaic_cancellation_free(cancellation_); }
  void Cancel() {
    deltaic_cancellation_cancel(cancellation_);
    cancelled_ = true;  // last: who sees it here must not find the library unaware
  }
  bool cancelled() const { return cancelled_; }
  const deltaic_cancellation* get() const { return cancellation_; }

 private:
  deltaic_cancellation* const cancellation_;
  std::atomic<bool> cancelled_{false};
};
using CancellationHandle = std::shared_ptr<Canceller>;

inline TableHandle ShareTable(deltaic_table* table) {
  return {table, [](deltaic_table* owned) { FreeApart([owned] { deltaic_table_free(owned); }); }};
}
inline ScanHandle ShareScan(deltaic_scan* scan) { return {scan, deltaic_scan_free}; }

}  // namespace deltaic_node
