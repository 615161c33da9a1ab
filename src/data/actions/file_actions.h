#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"

namespace deltaic {

/// File actions as columns. A batch of adds has these columns, each only where asked for
/// (FileColumns), in this order:
///   path utf8 · partitionValues map<utf8, utf8> · size int64 · modificationTime int64 · dataChange
///   bool · stats utf8 · tags map<utf8, utf8> · deletionVector struct<storageType utf8,
///   pathOrInlineDv utf8, offset int32, sizeInBytes int32, cardinality int64> · baseRowId int64 ·
///   defaultRowCommitVersion int64 · clusteringProvider utf8
/// A batch of removes has path, deletionTimestamp int64, dataChange, extendedFileMetadata bool,
/// partitionValues, size, deletionVector, baseRowId, defaultRowCommitVersion. Ten million files are
/// never ten million objects.
struct FileColumns {
  bool path = true;
  bool partition_values = true;
  bool size = true;
  bool modification_time = true;
  bool stats = true;
  bool deletion_vector = true;
  bool others = true;  ///< dataChange, tags, baseRowId, defaultRowCommitVersion, clusteringProvider
  /// numRecords and tightBounds are enough of `stats`: what else a checkpoint has as structs is not
  /// read.
  bool record_counts_only = false;
  static FileColumns PathOnly() { return {true, false, false, false, false, false, false, false}; }
};

/// Where columns of files are made. Arrow's default pool, mimalloc, holds on to some 100 MB more
/// while a large list is read, and the kernel spends long on clearing it.
arrow::MemoryPool* FileActionsPool();

std::shared_ptr<arrow::Schema> AddBatchSchema(const FileColumns& columns);
std::shared_ptr<arrow::Schema> RemoveBatchSchema();

/// Row `row` of a batch of adds as an object; columns that the batch lacks keep their defaults.
Add AddFromBatch(const arrow::RecordBatch& batch, int64_t row);
Remove RemoveFromBatch(const arrow::RecordBatch& batch, int64_t row);
Result<std::shared_ptr<arrow::RecordBatch>> AddsToBatch(const std::vector<Add>& adds,
                                                        const FileColumns& columns);

}  // namespace deltaic
