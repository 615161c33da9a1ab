#include <arrow/api.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "data/values/array_cast.h"
#include "data/values/gather.h"
#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {

namespace {

using arrow::Array;
using ArrayPtr = std::shared_ptr<arrow::Array>;

Result<ArrayPtr> ConformArray(ArrayPtr array, const arrow::Field& target, const std::string& column,
                              const Array* parent);

std::string_view AsView(const std::string& text) { return text; }

/// For each target field the position of its source, or -1. Every source field is used once.
Result<std::vector<int>> MatchFields(const arrow::FieldVector& source,
                                     const arrow::FieldVector& target, const std::string& prefix) {
  std::vector<int> positions(target.size(), -1);
  std::vector<bool> used(source.size(), false);
  auto match = [&](auto equals) -> Status {
    for (size_t t = 0; t < target.size(); ++t) {
      if (positions[t] >= 0) continue;
      for (size_t s = 0; s < source.size(); ++s) {
        if (used[s] || !equals(AsView(source[s]->name()), AsView(target[t]->name()))) continue;
        if (positions[t] >= 0) {
          return Status::SchemaMismatch("column ", prefix, target[t]->name(),
                                        ": the data has more than one column of that name");
        }
        positions[t] = static_cast<int>(s);
      }
      if (positions[t] >= 0) used[static_cast<size_t>(positions[t])] = true;
    }
    return Status();
  };
  DELTAIC_RETURN_IF_ERROR(match([](std::string_view a, std::string_view b) { return a == b; }));
  DELTAIC_RETURN_IF_ERROR(match(EqualsIgnoringCase));
  for (size_t s = 0; s < source.size(); ++s) {
    if (used[s]) continue;
    return Status::SchemaMismatch("column ", prefix, source[s]->name(),
                                  ": the table has no such column; drop it, or merge the schema");
  }
  for (size_t t = 0; t < target.size(); ++t) {
    if (positions[t] < 0 && !target[t]->nullable()) {
      return Status::SchemaMismatch("column ", prefix, target[t]->name(),
                                    ": missing, and it may not be null");
    }
  }
  return positions;
}

/// Nulls below a null parent do not count.
Status CheckNoNulls(const Array& array, const std::string& column, const Array* parent) {
  if (array.null_count() == 0) return Status();
  for (int64_t i = 0; i < array.length(); ++i) {
    if (!array.IsNull(i) || (parent != nullptr && parent->IsNull(i))) continue;
    return Status::ConstraintViolated(
        "column ", column, ": null in a column that may not be null (row ", i, " of the batch)");
  }
  return Status();
}

Result<arrow::ArrayVector> ConformFields(const arrow::FieldVector& source_fields,
                                         const arrow::ArrayVector& source,
                                         const arrow::FieldVector& target, int64_t length,
                                         const std::string& prefix, const Array* parent) {
  DELTAIC_ASSIGN_OR_RETURN(std::vector<int> positions, MatchFields(source_fields, target, prefix));
  arrow::ArrayVector columns;
  columns.reserve(target.size());
  for (size_t t = 0; t < target.size(); ++t) {
    ArrayPtr array = positions[t] < 0 ? std::make_shared<arrow::NullArray>(length)
                                      : source[static_cast<size_t>(positions[t])];
    DELTAIC_ASSIGN_OR_RETURN(array, ConformArray(std::move(array), *target[t],
                                                 Concat(prefix, target[t]->name()), parent));
    columns.push_back(std::move(array));
  }
  return columns;
}

Result<ArrayPtr> ConformStruct(const arrow::StructArray& array,
                               const std::shared_ptr<arrow::DataType>& target,
                               const std::string& column) {
  // The nulls of this level are handed down, so that values below a null struct are not judged.
  arrow::ArrayVector children;
  for (int i = 0; i < array.num_fields(); ++i) {
    DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr child, DecodeArray(array.field(i)));
    DELTAIC_ASSIGN_OR_RETURN(children.emplace_back(), NullBelow(array, child));
  }
  DELTAIC_ASSIGN_OR_RETURN(
      children, ConformFields(array.type()->fields(), children, target->fields(), array.length(),
                              Concat(column, "."), &array));
  DELTAIC_ASSIGN_OR_RETURN(auto validity, ValidityAtZero(array));
  return std::make_shared<arrow::StructArray>(target, array.length(), std::move(children),
                                              std::move(validity), array.null_count());
}

bool IsList(arrow::Type::type id) {
  return id == arrow::Type::LIST || id == arrow::Type::LARGE_LIST ||
         id == arrow::Type::FIXED_SIZE_LIST || id == arrow::Type::LIST_VIEW ||
         id == arrow::Type::LARGE_LIST_VIEW;
}

Result<ArrayPtr> ConformList(const Array& array, const std::shared_ptr<arrow::DataType>& target,
                             const std::string& column) {
  DELTAIC_ASSIGN_OR_RETURN(FlatList flat, FlattenList(array));
  DELTAIC_ASSIGN_OR_RETURN(auto values, ConformArray(std::move(flat.values), *target->field(0),
                                                     Concat(column, ".element"), nullptr));
  return std::make_shared<arrow::ListArray>(target, array.length(), std::move(flat.offsets),
                                            std::move(values), std::move(flat.validity),
                                            array.null_count());
}

Result<ArrayPtr> ConformMap(const arrow::MapArray& array,
                            const std::shared_ptr<arrow::DataType>& target,
                            const std::string& column) {
  const auto& type = static_cast<const arrow::MapType&>(*target);
  DELTAIC_ASSIGN_OR_RETURN(FlatList flat, FlattenList(array));
  const auto& entries = static_cast<const arrow::StructArray&>(*flat.values);
  DELTAIC_ASSIGN_OR_RETURN(auto keys, ConformArray(entries.field(0), *type.key_field(),
                                                   Concat(column, ".key"), nullptr));
  DELTAIC_ASSIGN_OR_RETURN(auto items, ConformArray(entries.field(1), *type.item_field(),
                                                    Concat(column, ".value"), nullptr));
  return std::make_shared<arrow::MapArray>(target, array.length(), std::move(flat.offsets),
                                           std::move(keys), std::move(items),
                                           std::move(flat.validity), array.null_count());
}

Result<ArrayPtr> ConformValues(ArrayPtr array, const std::shared_ptr<arrow::DataType>& target,
                               const std::string& column) {
  if (!arrow::is_nested(target->id())) return CastLeaf(array, target, column);
  if (array->type_id() == arrow::Type::NA) {
    DELTAIC_ASSIGN_OR_RETURN(array, arrow::MakeArrayOfNull(target, array->length()));
  }
  if (target->id() == arrow::Type::LIST && IsList(array->type_id())) {
    return ConformList(*array, target, column);
  }
  if (array->type_id() != target->id()) return TypeMismatch(column, *target, *array->type());
  switch (target->id()) {
    case arrow::Type::STRUCT:
      return ConformStruct(static_cast<const arrow::StructArray&>(*array), target, column);
    default:
      return ConformMap(static_cast<const arrow::MapArray&>(*array), target, column);
  }
}

/// The Parquet writer takes a validity bitmap in a required column for nulls, even below a null
/// parent where there is no value at all.
ArrayPtr WithoutValidity(ArrayPtr array) {
  if (array->null_bitmap() == nullptr) return array;
  std::shared_ptr<arrow::ArrayData> data = array->data()->Copy();
  data->buffers[0] = nullptr;
  data->null_count = 0;
  return arrow::MakeArray(data);
}

/// \param parent  the struct array that holds `array`, its own nulls included; nullptr at the top
/// and
///        inside lists and maps.
Result<ArrayPtr> ConformArray(ArrayPtr array, const arrow::Field& target, const std::string& column,
                              const Array* parent) {
  // Only who asks for a dictionary is given one.
  if (target.type()->id() != arrow::Type::DICTIONARY || !array->type()->Equals(*target.type())) {
    DELTAIC_ASSIGN_OR_RETURN(array, DecodeArray(std::move(array)));
  }
  if (!target.nullable()) DELTAIC_RETURN_IF_ERROR(CheckNoNulls(*array, column, parent));
  if (array->type_id() != arrow::Type::DICTIONARY) {
    DELTAIC_ASSIGN_OR_RETURN(array, ConformValues(std::move(array), target.type(), column));
  }
  return target.nullable() ? array : WithoutValidity(std::move(array));
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> ConformBatch(
    const std::shared_ptr<arrow::RecordBatch>& batch,
    const std::shared_ptr<arrow::Schema>& target) {
  DELTAIC_ASSIGN_OR_RETURN(
      auto columns, ConformFields(batch->schema()->fields(), batch->columns(), target->fields(),
                                  batch->num_rows(), "", nullptr));
  return arrow::RecordBatch::Make(target, batch->num_rows(), std::move(columns));
}

}  // namespace deltaic
