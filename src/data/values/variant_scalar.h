#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "base/status.h"
#include "protocol/schema.h"
#include "protocol/variant.h"

namespace deltaic {

/// The kind of typed column that holds such values: kLong for whole numbers of any width, kDecimal
/// for decimals of any digits. nullopt for nulls, objects, arrays, and what Delta has no type for
/// (times of day, nanoseconds, uuids).
std::optional<TypeId> ScalarKindOf(const VariantValue& value);

/// The digits that decimals have before and after the point at most.
struct DecimalDigits {
  int whole = 0;
  int fraction = 0;

  void Add(const VariantValue& decimal);
  /// The narrowest of the widths that decimals are stored in (9, 18, 38 digits); nullptr: none.
  DataTypePtr Type() const;
};

/// A typed column of shredded variants on its way. One thread at a time.
class ScalarColumn {
 public:
  /// \param type  as ScalarKindOf() says; of decimals with digits.
  static Result<ScalarColumn> Make(const DataType& type);

  /// \return false, and nothing appended: the column cannot hold the value.
  Result<bool> Append(const VariantValue& value);
  Status AppendNull();
  Result<std::shared_ptr<arrow::Array>> Finish();

  ScalarColumn(ScalarColumn&&) noexcept;
  ScalarColumn& operator=(ScalarColumn&&) noexcept;
  ~ScalarColumn();

 private:
  ScalarColumn();
  Result<bool> AppendDecimal(const VariantValue& value);
  template <typename Builder, typename V>
  Result<bool> Put(V value);

  TypeId kind_ = TypeId::kVoid;
  int precision_ = 0;  ///< of decimals
  int scale_ = 0;
  std::unique_ptr<arrow::ArrayBuilder> builder_;
};

}  // namespace deltaic
