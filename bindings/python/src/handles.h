#pragma once

#include <memory>

#include "deltaic/deltaic.h"

namespace deltaic_python {

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* handle) const {
    kFree(handle);
  }
};

using TableHandle = std::unique_ptr<deltaic_table, FreeWith<deltaic_table_free>>;
using ScanHandle = std::unique_ptr<deltaic_scan, FreeWith<deltaic_scan_free>>;
using TaskListHandle = std::unique_ptr<deltaic_task_list, FreeWith<deltaic_task_list_free>>;
using MergeHandle = std::unique_ptr<deltaic_merge, FreeWith<deltaic_merge_free>>;
using ExprHandle = std::unique_ptr<deltaic_expr, FreeWith<deltaic_expr_free>>;
using OptionsHandle = std::unique_ptr<deltaic_options, FreeWith<deltaic_options_free>>;
using ErrorHandle = std::unique_ptr<deltaic_error, FreeWith<deltaic_error_free>>;
using TextHandle = std::unique_ptr<char, FreeWith<deltaic_string_free>>;
/// Shared: a running stream keeps the cancellation that a signal would use.
using CancellationHandle = std::shared_ptr<deltaic_cancellation>;

inline CancellationHandle NewCancellation() {
  return CancellationHandle(deltaic_cancellation_new(), deltaic_cancellation_free);
}

}  // namespace deltaic_python
