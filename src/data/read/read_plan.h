#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/read/data_read_spec.h"
#include "data/read/variant_pruning.h"

namespace deltaic {

/// One top-level column that a scan touches.
struct PlannedColumn {
  StructField field;
  std::shared_ptr<arrow::Field>
      arrow_field;        ///< as it is decoded: logical name, maybe a dictionary
  bool as_views = false;  ///< batches have views of it
  bool is_partition = false;
  bool is_of_files = false;   ///< one of DataReadSpec::columns_of_files
  std::string partition_key;  ///< in PartitionValues
  bool in_output = false;
  bool in_predicate = false;
  /// All that is asked for of a variant that is in the predicate alone; unset: the whole of it.
  std::optional<std::vector<VariantPath>> variant_paths;
  std::vector<VariantTarget> variant_targets;  ///< those in ReadPlan::skipping_predicate
  std::optional<MetadataColumn>
      metadata;  ///< of these `field` has what the file calls it, if at all
};

/// What DataReadSpec means, worked out once for all files. Immutable: safe from any thread.
struct ReadPlan {
  std::shared_ptr<const DataReadSpec> spec;
  std::vector<PlannedColumn>
      columns;  ///< the output's in its order, then those of the predicate alone
  size_t num_output = 0;
  std::shared_ptr<arrow::Schema> output_schema;
  std::shared_ptr<arrow::Schema>
      predicate_schema;        ///< the columns `in_predicate`, in the order of `columns`
  ExprPtr skipping_predicate;  ///< see WithTargetsAsColumns(); nullptr where there is no predicate

  /// \retval kInvalidArgument  unknown column, or one named twice.
  static Result<std::shared_ptr<const ReadPlan>> Make(std::shared_ptr<const DataReadSpec> spec);
};

}  // namespace deltaic
