#pragma once

#include <utility>

#include "base/cancellation.h"
#include "data/write/data_file_writer.h"
#include "scan/scan.h"

namespace deltaic {

/// What rows that wait for the writer may take where no limit was given, in bytes: in order, a scan
/// alone would read ahead as far as is of any use to it.
inline constexpr int64_t kBytesBesideWriter = int64_t{64} << 20;

/// A scan in an operation that also writes `files`: it has their threads, and a quarter of the
/// memory that was given for both.
inline ScanOptions ScanBeside(const DataFileOptions& files, CancellationToken cancel) {
  return {.num_threads = files.num_threads,
          .max_memory_bytes = files.max_memory_bytes / 4,
          .cancel = std::move(cancel)};
}

/// The same of rows that come in order.
inline ScanOptions OrderedScanBeside(const DataFileOptions& files, CancellationToken cancel) {
  ScanOptions options = ScanBeside(files, std::move(cancel));
  options.ordered = true;
  if (options.max_memory_bytes == 0) options.max_memory_bytes = kBytesBesideWriter;
  return options;
}

}  // namespace deltaic
