#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "data/eval/column_functions.h"
#include "data/values/array_cast.h"
#include "data/values/compute_kernels.h"
#include "data/values/type_mapping.h"
#include "data/values/value_arrays.h"
#include "expr/skipping.h"
#include "storage/arrow_status.h"

namespace deltaic::kernels {
namespace {

using Outcome = Result<std::optional<arrow::Datum>>;

Status OtherForm(const ColumnCall& call, const arrow::Array& array) {
  return Status::SchemaMismatch(call.call.ToSql(), ": the data is a ", array.type()->ToString(),
                                ", not as the schema has it");
}

/// `array` with the type that the call's has, if that is no nested one.
Outcome Conform(const ColumnCall& call, std::shared_ptr<arrow::Array> array) {
  const DataType& type = *call.call.type();
  if (type.is_primitive() && type.id() != TypeId::kVariant) {
    DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::DataType> expected, ToArrowType(type));
    if (!array->type()->Equals(*expected)) {
      DELTAIC_ASSIGN_OR_RETURN(array, DecodeArray(std::move(array)));
      DELTAIC_ASSIGN_OR_RETURN(array, CastLeaf(array, expected, call.call.ToSql()));
    }
  }
  return std::optional<arrow::Datum>(arrow::Datum(std::move(array)));
}

Outcome TakeItems(const ColumnCall& call, const arrow::Array& items, arrow::Int64Builder& places) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> indices, places.Finish());
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> taken,
                           arrow::compute::Take(items, *indices));
  return Conform(call, std::move(taken));
}

Status OutOfArray(const ColumnCall& call, int64_t index, int64_t size) {
  return Status::InvalidArgument(call.call.ToSql(), ": there is no element ", index,
                                 " in an array of ", size, "; test SIZE first");
}

/// \param first  the index of the first element; negative ones count from the end if it is 1.
Outcome ItemOfList(const ColumnCall& call, const arrow::ListArray& lists, int64_t first) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> indices, ArgAsArray(call, 1));
  arrow::Int64Builder places;
  DELTAIC_RETURN_IF_ERROR(places.Reserve(lists.length()));
  for (int64_t row = 0; row < lists.length(); ++row) {
    const Value index_value = ValueAt(*indices, row);
    if (lists.IsNull(row) || IsNull(index_value)) {
      places.UnsafeAppendNull();
      continue;
    }
    const int64_t index = std::get<int64_t>(index_value);
    const int64_t size = lists.value_length(row);
    const bool from_end = first == 1 && index < 0;
    if (from_end ? index < -size : index < first || index - first >= size) {
      return OutOfArray(call, index, size);
    }
    places.UnsafeAppend(lists.value_offset(row) + (from_end ? size + index : index - first));
  }
  return TakeItems(call, *lists.values(), places);
}

/// Null where the map has no such key.
Outcome ItemOfMap(const ColumnCall& call, const arrow::MapArray& maps) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> wanted, ArgAsArray(call, 1));
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> keys, DecodeArray(maps.keys()));
  arrow::Int64Builder places;
  DELTAIC_RETURN_IF_ERROR(places.Reserve(maps.length()));
  for (int64_t row = 0; row < maps.length(); ++row) {
    const Value key = ValueAt(*wanted, row);
    int64_t place = -1;
    if (!maps.IsNull(row) && !IsNull(key)) {
      const int64_t end = maps.value_offset(row) + maps.value_length(row);
      for (int64_t i = maps.value_offset(row); i < end && place < 0; ++i) {
        if (CompareValues(ValueAt(*keys, i), key) == 0) place = i;
      }
    }
    if (place < 0) {
      places.UnsafeAppendNull();
    } else {
      places.UnsafeAppend(place);
    }
  }
  return TakeItems(call, *maps.items(), places);
}

Outcome Item(const ColumnCall& call, int64_t first) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> parent, ArgAsArray(call, 0));
  // A map array is a list array, too.
  if (const auto* maps = dynamic_cast<const arrow::MapArray*>(parent.get())) {
    return ItemOfMap(call, *maps);
  }
  const auto* lists = dynamic_cast<const arrow::ListArray*>(parent.get());
  return lists == nullptr ? OtherForm(call, *parent) : ItemOfList(call, *lists, first);
}

/// The keys or the items of maps, as lists.
Outcome PartOfMaps(const ColumnCall& call, bool keys) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> parent, ArgAsArray(call, 0));
  const auto* maps = dynamic_cast<const arrow::MapArray*>(parent.get());
  if (maps == nullptr) return OtherForm(call, *parent);
  const std::shared_ptr<arrow::Array> part = keys ? maps->keys() : maps->items();
  const arrow::ArrayData& data = *maps->data();
  const auto type = arrow::list(arrow::field("element", part->type(), !keys));
  auto lists = arrow::ArrayData::Make(type, data.length, {data.buffers[0], data.buffers[1]},
                                      {part->data()}, data.null_count.load(), data.offset);
  return std::optional<arrow::Datum>(arrow::Datum(arrow::MakeArray(std::move(lists))));
}

/// NULL where nothing equals the value but a null stands among the elements.
Value Contains(const arrow::ListArray& lists, const arrow::Array& elements, int64_t row,
               const Value& wanted) {
  bool any_null = false;
  const int64_t end = lists.value_offset(row) + lists.value_length(row);
  for (int64_t i = lists.value_offset(row); i < end; ++i) {
    const Value element = ValueAt(elements, i);
    if (IsNull(element)) {
      any_null = true;
    } else if (CompareValues(element, wanted) == 0) {
      return true;
    }
  }
  return any_null ? Value() : Value(false);
}

/// An argument as values of `type`.
Result<std::shared_ptr<arrow::Array>> ArgAs(const ColumnCall& call, size_t index,
                                            const DataType& type) {
  DELTAIC_ASSIGN_OR_RETURN(auto values, ArgAsArray(call, index));
  DELTAIC_ASSIGN_OR_RETURN(auto wanted, ToArrowType(type));
  if (values->type()->Equals(*wanted)) return values;
  const std::string name = call.call.ToSql();
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field(name, values->type())}),
                                              call.num_rows, {values});
  DELTAIC_ASSIGN_OR_RETURN(
      const auto conformed,
      ConformBatch(batch, arrow::schema({arrow::field(name, std::move(wanted))})));
  return conformed->column(0);
}

/// Every `step`th argument from `first` on, by turns: all of the first row, all of the second...
Result<std::shared_ptr<arrow::Array>> ByTurns(const ColumnCall& call, size_t first, size_t step,
                                              const DataType& type) {
  arrow::ArrayVector columns;
  for (size_t i = first; i < call.args.size(); i += step) {
    DELTAIC_ASSIGN_OR_RETURN(columns.emplace_back(), ArgAs(call, i, type));
  }
  if (columns.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(const auto wanted, ToArrowType(type));
    DELTAIC_ASSIGN_OR_RETURN(auto none, arrow::MakeEmptyArray(wanted));
    return none;
  }
  DELTAIC_ASSIGN_OR_RETURN(const auto all, arrow::Concatenate(columns));
  arrow::Int64Builder places;
  DELTAIC_RETURN_IF_ERROR(places.Reserve(all->length()));
  for (int64_t row = 0; row < call.num_rows; ++row) {
    for (size_t i = 0; i < columns.size(); ++i)
      places.UnsafeAppend(static_cast<int64_t>(i) * call.num_rows + row);
  }
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> indices, places.Finish());
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  DELTAIC_ASSIGN_OR_RETURN(auto taken, arrow::compute::Take(*all, *indices));
  return taken;
}

/// Offsets of lists that have `size` elements each.
Result<std::shared_ptr<arrow::Array>> EqualOffsets(int64_t num_rows, size_t size) {
  if (num_rows * static_cast<int64_t>(size) > std::numeric_limits<int32_t>::max())
    return Status::InvalidArgument("too many elements of arrays or maps at once");
  arrow::Int32Builder offsets;
  DELTAIC_RETURN_IF_ERROR(offsets.Reserve(num_rows + 1));
  for (int64_t row = 0; row <= num_rows; ++row)
    offsets.UnsafeAppend(static_cast<int32_t>(row * static_cast<int64_t>(size)));
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> out, offsets.Finish());
  return out;
}

/// \param keys  `size` a row.
Status CheckKeys(const ColumnCall& call, const arrow::Array& keys, size_t size) {
  std::vector<Value> some(size);
  for (int64_t row = 0; row < call.num_rows; ++row) {
    for (size_t i = 0; i < size; ++i) {
      some[i] = ValueAt(keys, row * static_cast<int64_t>(size) + static_cast<int64_t>(i));
      if (IsNull(some[i]))
        return Status::InvalidArgument(call.call.ToSql(), ": a key of a map is null");
    }
    std::ranges::sort(some, [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
    const auto twice = std::ranges::adjacent_find(
        some, [](const Value& a, const Value& b) { return CompareValues(a, b) == 0; });
    if (twice != some.end())
      return Status::InvalidArgument(call.call.ToSql(), ": a key of a map is there twice");
  }
  return Status();
}

}  // namespace

Outcome MakeArray(const ColumnCall& call) {
  DELTAIC_ASSIGN_OR_RETURN(const auto elements, ByTurns(call, 0, 1, *call.call.type()->element()));
  DELTAIC_ASSIGN_OR_RETURN(const auto offsets, EqualOffsets(call.num_rows, call.args.size()));
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> lists,
                           arrow::ListArray::FromArrays(*offsets, *elements));
  return std::optional<arrow::Datum>(arrow::Datum(std::move(lists)));
}

Outcome MakeMap(const ColumnCall& call) {
  const DataType& type = *call.call.type();
  DELTAIC_ASSIGN_OR_RETURN(const auto keys, ByTurns(call, 0, 2, *type.key()));
  DELTAIC_ASSIGN_OR_RETURN(const auto values, ByTurns(call, 1, 2, *type.value()));
  DELTAIC_RETURN_IF_ERROR(CheckKeys(call, *keys, call.args.size() / 2));
  DELTAIC_ASSIGN_OR_RETURN(const auto offsets, EqualOffsets(call.num_rows, call.args.size() / 2));
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> maps,
                           arrow::MapArray::FromArrays(offsets, keys, values));
  return std::optional<arrow::Datum>(arrow::Datum(std::move(maps)));
}

Outcome MakeStruct(const ColumnCall& call) {
  arrow::FieldVector fields;
  arrow::ArrayVector members;
  for (const StructField& field : call.call.type()->fields()) {
    DELTAIC_ASSIGN_OR_RETURN(auto values, ArgAs(call, 2 * members.size() + 1, *field.type));
    fields.push_back(arrow::field(field.name, values->type()));
    members.push_back(std::move(values));
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> structs,
                           arrow::StructArray::Make(members, fields));
  return std::optional<arrow::Datum>(arrow::Datum(std::move(structs)));
}

Outcome ItemOf(const ColumnCall& call) { return Item(call, 0); }
Outcome ElementAt(const ColumnCall& call) { return Item(call, 1); }
Outcome MapKeys(const ColumnCall& call) { return PartOfMaps(call, true); }
Outcome MapValues(const ColumnCall& call) { return PartOfMaps(call, false); }

Outcome MemberOf(const ColumnCall& call) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> parent, ArgAsArray(call, 0));
  const auto* structs = dynamic_cast<const arrow::StructArray*>(parent.get());
  const auto* name = std::get_if<std::string>(&call.call.args()[1]->value());
  const int index =
      structs == nullptr || name == nullptr ? -1 : structs->struct_type()->GetFieldIndex(*name);
  if (index < 0) return OtherForm(call, *parent);
  // Flattened: where the parent is null, so is the member.
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> member, structs->GetFlattenedField(index));
  return Conform(call, std::move(member));
}

Outcome SizeOf(const ColumnCall& call) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> parent, ArgAsArray(call, 0));
  const auto* lists = dynamic_cast<const arrow::ListArray*>(parent.get());
  if (lists == nullptr) return OtherForm(call, *parent);
  arrow::Int32Builder sizes;
  DELTAIC_RETURN_IF_ERROR(sizes.Reserve(lists->length()));
  for (int64_t row = 0; row < lists->length(); ++row) {
    if (lists->IsNull(row)) {
      sizes.UnsafeAppendNull();
    } else {
      sizes.UnsafeAppend(lists->value_length(row));
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> out, sizes.Finish());
  return std::optional<arrow::Datum>(arrow::Datum(std::move(out)));
}

Outcome ArrayContains(const ColumnCall& call) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> parent, ArgAsArray(call, 0));
  const auto* lists = dynamic_cast<const arrow::ListArray*>(parent.get());
  if (lists == nullptr) return OtherForm(call, *parent);
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> elements,
                           DecodeArray(lists->values()));
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> wanted, ArgAsArray(call, 1));
  std::vector<Value> out(static_cast<size_t>(call.num_rows));
  for (int64_t row = 0; row < call.num_rows; ++row) {
    const Value value = ValueAt(*wanted, row);
    if (lists->IsNull(row) || IsNull(value)) continue;
    out[static_cast<size_t>(row)] = Contains(*lists, *elements, row, value);
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array,
                           ArrayFromValues(out, *call.call.type()));
  return std::optional<arrow::Datum>(arrow::Datum(std::move(array)));
}

}  // namespace deltaic::kernels
