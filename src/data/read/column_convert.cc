#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/bitmap_ops.h>

#include <utility>

#include "data/read/column_projection.h"
#include "data/values/column_cast.h"
#include "data/values/utf8_check.h"
#include "data/values/variant_column.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using arrow::ArrayData;
using arrow::Type;
using ArrayDataPtr = std::shared_ptr<ArrayData>;

Result<ArrayDataPtr> Convert(const ArrayDataPtr& data, const ColumnSource& source);

/// Children keep their own lengths, so that the parent's offset and validity stay as they are.
Result<ArrayDataPtr> ConvertStruct(const ArrayDataPtr& data, const ColumnSource& source) {
  auto result = data->Copy();
  result->type = source.type;
  result->child_data.clear();
  for (const ColumnSource& child : source.children) {
    if (child.position == ColumnSource::kMissing) {
      DELTAIC_ASSIGN_OR_RETURN(const auto nulls,
                               arrow::MakeArrayOfNull(child.type, data->offset + data->length));
      result->child_data.push_back(nulls->data());
    } else if (static_cast<size_t>(child.position) >= data->child_data.size()) {
      return Status::Corruption("a struct has fewer members than the file's schema says");
    } else {
      DELTAIC_ASSIGN_OR_RETURN(auto converted, Convert(data->child_data[child.position], child));
      result->child_data.push_back(std::move(converted));
    }
  }
  return result;
}

/// Large lists, views and lists of fixed size as lists with 32-bit offsets.
Result<ArrayDataPtr> AsList(const ArrayDataPtr& data) {
  if (data->type->id() == Type::LIST || data->type->id() == Type::MAP) return data;
  const auto array = arrow::MakeArray(data);
  DELTAIC_ASSIGN_OR_RETURN(const auto list,
                           arrow::compute::Cast(*array, arrow::list(data->type->field(0))));
  return list->data();
}

Result<ArrayDataPtr> ConvertList(const ArrayDataPtr& data, const ColumnSource& source) {
  DELTAIC_ASSIGN_OR_RETURN(const auto list, AsList(data));
  auto result = list->Copy();
  result->type = source.type;
  if (source.type->id() == Type::MAP) {
    // Key and value as a struct; Arrow reads a map of which a part is left out as a list of such
    // structs.
    const ColumnSource entries{source.type->field(0)->type(), 0, ColumnSource::kMissing,
                               source.children};
    DELTAIC_ASSIGN_OR_RETURN(result->child_data[0], ConvertStruct(list->child_data[0], entries));
  } else {
    DELTAIC_ASSIGN_OR_RETURN(result->child_data[0],
                             Convert(list->child_data[0], source.children[0]));
  }
  return result;
}

/// \param metadata  put beside the parts that were read, unless it is empty.
Result<std::shared_ptr<arrow::Array>> WithMetadata(std::shared_ptr<arrow::Array> parts,
                                                   const std::string& metadata) {
  if (metadata.empty()) return parts;
  const auto* variants = dynamic_cast<const arrow::StructArray*>(parts.get());
  if (variants == nullptr) return Status::Corruption("a variant is no group of parts");
  arrow::ArrayVector arrays = variants->fields();
  arrow::FieldVector fields = variants->type()->fields();
  DELTAIC_ASSIGN_OR_RETURN(auto added, arrow::MakeArrayFromScalar(
                                           arrow::BinaryScalar(arrow::Buffer::FromString(metadata)),
                                           variants->length()));
  arrays.push_back(std::move(added));
  fields.push_back(arrow::field("metadata", arrow::binary(), false));
  std::shared_ptr<arrow::Buffer> validity;
  if (variants->null_count() > 0) {
    DELTAIC_ASSIGN_OR_RETURN(
        validity,
        arrow::internal::CopyBitmap(arrow::default_memory_pool(), variants->null_bitmap_data(),
                                    variants->offset(), variants->length()));
  }
  return std::static_pointer_cast<arrow::Array>(
      std::make_shared<arrow::StructArray>(arrow::struct_(std::move(fields)), variants->length(),
                                           std::move(arrays), std::move(validity)));
}

Result<ArrayDataPtr> Convert(const ArrayDataPtr& data, const ColumnSource& source) {
  if (source.is_variant) {
    DELTAIC_ASSIGN_OR_RETURN(const auto parts,
                             WithMetadata(arrow::MakeArray(data), source.variant_metadata));
    DELTAIC_ASSIGN_OR_RETURN(const auto variants, AssembleVariants(parts));
    return variants->data();
  }
  switch (source.type->id()) {
    case Type::STRUCT:
      return ConvertStruct(data, source);
    case Type::LIST:
    case Type::MAP:
      return ConvertList(data, source);
    default: {
      DELTAIC_ASSIGN_OR_RETURN(auto array, CastColumn(arrow::MakeArray(data), source.type));
      DELTAIC_ASSIGN_OR_RETURN(array, ToGregorian(array, source.calendar));
      DELTAIC_RETURN_IF_ERROR(CheckUtf8(*array));
      return array->data();
    }
  }
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> ConvertColumn(const std::shared_ptr<arrow::Array>& array,
                                                    const ColumnSource& source) {
  DELTAIC_ASSIGN_OR_RETURN(auto data, Convert(array->data(), source));
  return arrow::MakeArray(std::move(data));
}

}  // namespace deltaic
