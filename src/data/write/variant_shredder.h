#pragma once

#include <arrow/type_fwd.h>
#include <parquet/schema.h>

#include <memory>
#include <vector>

#include "base/status.h"
#include "data/write/data_file_layout.h"
#include "data/write/data_file_writer.h"

namespace deltaic {

/// Finds out for each file how the variants in it are best shredded, where the table shreds them
/// (DataFileTarget::shreds_variants): those in columns and in structs, not those in arrays and
/// maps. Immutable: safe from any thread.
class VariantShredder {
 public:
  /// \param plain  the layout of files whose variants are bytes.
  VariantShredder(DataFileTarget target, DataFileOptions options,
                  std::shared_ptr<const DataFileLayout> plain);

  /// The layout of a file that begins with these rows. \retval kCorruption  a variant is broken.
  Result<std::shared_ptr<const DataFileLayout>> LayoutFor(
      const arrow::RecordBatch& first_rows) const;

 private:
  DataFileTarget target_;
  DataFileOptions options_;
  std::shared_ptr<const DataFileLayout> plain_;
  std::vector<std::vector<int>> variants_;  ///< to be shredded, by VariantForms' paths
};

/// `batch`, of the layout's data_schema, as its files have it.
Result<std::shared_ptr<arrow::RecordBatch>> ShredBatch(const DataFileLayout& layout,
                                                       std::shared_ptr<arrow::RecordBatch> batch);

/// Whether a file of the table has variants in typed columns.
/// \param plain  the layout of files whose variants are bytes.
bool HasShreddedVariants(const parquet::SchemaDescriptor& file, const DataFileLayout& plain);

}  // namespace deltaic
