#pragma once

#include <optional>
#include <utility>

#include "capi/option_table.h"
#include "capi/options.h"
#include "capi/table.h"
#include "ops/optimize/auto_compaction.h"

namespace deltaic::capi {

/// A call that adds files, and what is to follow it.
template <typename T>
struct CompactedCall {
  T call;
  std::optional<bool> auto_compact;
};

/// The options of such a call: its own, and "auto_compact".
template <typename T>
OptionTable<CompactedCall<T>> WithAutoCompact(std::string_view name, const OptionTable<T>& own) {
  OptionTable<CompactedCall<T>> out(name);
  out.Include(own, &CompactedCall<T>::call)
      .Flag("auto_compact", &CompactedCall<T>::auto_compact,
            "whether small files are joined afterwards, as a commit of its own; default: the "
            "table's delta.autoOptimize.autoCompact");
  return out;
}

/// The table's handle after a commit of `version` (unset: there was none): joins small files where
/// that is wanted, and loads what came of it.
template <typename T>
void LoadCompacted(deltaic_table* table, const CompactedCall<T>& given, SnapshotPtr snapshot,
                   std::optional<Version> version, int num_threads = 0) {
  if (snapshot == nullptr) return;
  table->loaded.Set(CompactAfterCommit(table->table, std::move(snapshot), version,
                                       {.wanted = given.auto_compact,
                                        .commit = given.call.commit,
                                        .num_threads = num_threads,
                                        .cancel = given.call.cancel}));
}

}  // namespace deltaic::capi
