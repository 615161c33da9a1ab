#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "protocol/variant_path.h"

namespace parquet {
class FileMetaData;
}
namespace parquet::arrow {
struct SchemaField;
}

namespace deltaic {

using VariantPath = std::vector<VariantStep>;

/// A value of a variant that a predicate asks for.
struct VariantTarget {
  VariantPath path;
  std::string path_text;
  DataTypePtr type;
};

/// The paths by which `predicate` (bound) looks into a variant column; nullopt where it looks at
/// the whole of it. Whether the variant is null needs no path.
std::optional<std::vector<VariantPath>> VariantPathsIn(const Expr& predicate,
                                                       const std::string& column);

/// `predicate` for MayMatch(): what it compares of variants, by a path, are columns there, of the
/// names {variant, path, type}.
ExprPtr WithTargetsAsColumns(const ExprPtr& predicate);

/// The targets in what WithTargetsAsColumns() gave, of one variant column.
std::vector<VariantTarget> TargetsIn(const Expr& predicate, const std::string& column);

/// Which of a shredded variant's leaves are to be read.
struct VariantLeaves {
  std::set<int> leaves;
  /// The dictionary of names that stands for the file's, which is not read; empty where it is.
  std::string metadata;
};

/// What is enough to follow `paths` in a variant of the file, and to tell which ones are null.
/// Source: parquet-format, VariantShredding.md, "Objects": who finds a field in `typed_value` need
/// not look into `value`.
VariantLeaves LeavesFor(const parquet::arrow::SchemaField& variant,
                        const std::vector<VariantPath>& paths, const parquet::FileMetaData& file);

/// The columns of the values that a path leads to.
struct VariantColumns {
  int typed = -1;    ///< -1: there is no such column, or of a nested type
  int value = -1;    ///< of those that are not in `typed`; -1: there are none
  DataTypePtr type;  ///< of the variants in `typed`
};

VariantColumns ColumnsAt(const parquet::arrow::SchemaField& variant, const VariantPath& path);

}  // namespace deltaic
