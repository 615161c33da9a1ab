#include "data/values/variant_column.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>
#include <arrow/util/bitmap_ops.h>
#include <arrow/util/key_value_metadata.h>

#include <utility>
#include <vector>

#include "base/made_once.h"
#include "data/values/array_cast.h"
#include "data/values/shredded_variant.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr const char* kExtensionNameKey = "ARROW:extension:name";
constexpr const char* kExtensionMetadataKey = "ARROW:extension:metadata";
constexpr const char* kExtensionName = "arrow.parquet.variant";

Result<std::shared_ptr<arrow::BinaryArray>> AsBinary(std::shared_ptr<arrow::Array> array) {
  DELTAIC_ASSIGN_OR_RETURN(array, DecodeArray(std::move(array)));
  if (!arrow::is_base_binary_like(array->type_id()) &&
      !arrow::is_binary_view_like(array->type_id())) {
    return Status::Corruption("a variant has the part ", array->type()->ToString(),
                              " where bytes belong");
  }
  if (array->type_id() != arrow::Type::BINARY) {
    DELTAIC_ASSIGN_OR_RETURN(array, arrow::compute::Cast(*array, arrow::binary()));
  }
  return std::static_pointer_cast<arrow::BinaryArray>(std::move(array));
}

/// Whether each variant that is there has its bytes.
bool HasNullsOfItsOwn(const arrow::StructArray& variants, const arrow::Array& part) {
  if (part.null_count() == 0) return false;
  for (int64_t row = 0; row < variants.length(); ++row) {
    if (part.IsNull(row) && variants.IsValid(row)) return true;
  }
  return false;
}

Result<std::shared_ptr<arrow::Array>> MakeVariants(const arrow::StructArray& variants,
                                                   std::shared_ptr<arrow::Array> metadata,
                                                   std::shared_ptr<arrow::Array> value) {
  std::shared_ptr<arrow::Buffer> validity;
  if (variants.null_count() > 0) {
    DELTAIC_ASSIGN_OR_RETURN(
        validity,
        arrow::internal::CopyBitmap(arrow::default_memory_pool(), variants.null_bitmap_data(),
                                    variants.offset(), variants.length()));
  }
  return std::static_pointer_cast<arrow::Array>(std::make_shared<arrow::StructArray>(
      VariantArrowType(), variants.length(),
      arrow::ArrayVector{std::move(metadata), std::move(value)}, std::move(validity)));
}

/// The values built from their parts; of null variants empty.
Result<std::shared_ptr<arrow::Array>> BuildValues(const arrow::StructArray& variants,
                                                  const arrow::BinaryArray& metadata) {
  DELTAIC_ASSIGN_OR_RETURN(auto shredded, ShreddedVariant::Make(variants));
  arrow::BinaryBuilder values;
  DELTAIC_RETURN_IF_ERROR(values.Reserve(variants.length()));
  std::string value;
  for (int64_t row = 0; row < variants.length(); ++row) {
    value.clear();
    if (variants.IsValid(row)) {
      if (metadata.IsNull(row)) return Status::Corruption("a variant has no metadata");
      DELTAIC_RETURN_IF_ERROR(shredded.Append(value, metadata.GetView(row), row));
    }
    DELTAIC_RETURN_IF_ERROR(values.Append(value));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto built, values.Finish());
  return built;
}

}  // namespace

std::shared_ptr<arrow::DataType> VariantArrowType() {
  return MadeOnce([] {
    return arrow::struct_({arrow::field("metadata", arrow::binary(), false),
                           arrow::field("value", arrow::binary(), false)});
  });
}

std::shared_ptr<arrow::Field> VariantAwareField(const std::string& name,
                                                std::shared_ptr<arrow::DataType> type,
                                                bool nullable, bool is_variant) {
  auto field = arrow::field(name, std::move(type), nullable);
  if (!is_variant) return field;
  return field->WithMetadata(
      arrow::key_value_metadata({kExtensionNameKey, kExtensionMetadataKey}, {kExtensionName, ""}));
}

bool IsVariantField(const arrow::Field& field) {
  if (field.metadata() == nullptr || field.type()->id() != arrow::Type::STRUCT) return false;
  const auto name = field.metadata()->Get(kExtensionNameKey);
  return name.ok() && *name == kExtensionName && field.type()->Equals(*VariantArrowType());
}

Result<std::shared_ptr<arrow::Array>> AssembleVariants(const std::shared_ptr<arrow::Array>& array) {
  const auto* variants = dynamic_cast<const arrow::StructArray*>(array.get());
  const auto part = [&](const char* name) {
    return variants == nullptr ? nullptr : variants->GetFieldByName(name);
  };
  if (part("metadata") == nullptr) {
    return Status::Corruption("a variant is ", array->type()->ToString(),
                              " in the file, without its metadata");
  }
  DELTAIC_ASSIGN_OR_RETURN(const auto metadata, AsBinary(part("metadata")));
  if (part("value") != nullptr && part("typed_value") == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(const auto value, AsBinary(part("value")));
    if (!HasNullsOfItsOwn(*variants, *value) && !HasNullsOfItsOwn(*variants, *metadata))
      return MakeVariants(*variants, metadata, value);
  }
  DELTAIC_ASSIGN_OR_RETURN(auto values, BuildValues(*variants, *metadata));
  return MakeVariants(*variants, metadata, std::move(values));
}

}  // namespace deltaic
