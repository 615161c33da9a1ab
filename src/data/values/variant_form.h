#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// Fields, elements and scalars that the variants of one file are shredded into at most: each makes
/// two columns.
inline constexpr size_t kMaxShreddedFields = 300;

/// What of a variant is taken out of its bytes into typed columns. Immutable once made.
/// Source: parquet-format, VariantShredding.md.
struct VariantForm {
  enum class Kind {
    kBytes,   ///< nothing
    kScalar,  ///< values of `type`
    kArray,   ///< arrays, by their elements
    kObject,  ///< of objects the `fields`; what else they have stays bytes
  };
  struct Field;

  Kind kind = Kind::kBytes;
  DataTypePtr type;
  /// Of an object by name, ascending; of an array one, its elements', without a name.
  std::vector<Field> fields;

  bool is_shredded() const { return kind != Kind::kBytes; }
};

struct VariantForm::Field {
  std::string name;
  VariantForm form;
};

/// The form that suits most of the first rows: the kind that at least half of the values have, and
/// of objects the fields that at least a tenth of them have. Whole numbers are long, decimals get
/// the digits that hold all of them. What has no such kind stays bytes.
/// \param variants  of VariantArrowType().
/// \param fields_left  what the file may be shredded into still (kMaxShreddedFields); lowered.
/// \retval kCorruption  a value that is broken.
Result<VariantForm> InferVariantForm(const arrow::Array& variants, size_t& fields_left);

/// struct<metadata, value, typed_value> for a form that is shredded.
Result<std::shared_ptr<arrow::DataType>> ShreddedVariantType(const VariantForm& form);

/// Takes `variants`, of VariantArrowType(), apart. What does not fit the form stays bytes, so any
/// form suits any variants; AssembleVariants() is the way back. The numbers of a long or decimal
/// column lose their width and ending zeros, nothing else changes.
/// \retval kCorruption  a value that is broken.
Result<std::shared_ptr<arrow::Array>> ShredVariants(const arrow::Array& variants,
                                                    const VariantForm& form);

}  // namespace deltaic
