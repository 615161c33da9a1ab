#include <arrow/array.h>
#include <arrow/buffer_builder.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "data/values/variant_form.h"
#include "data/values/variant_scalar.h"
#include "protocol/variant.h"
#include "protocol/variant_builder.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using Kind = VariantForm::Kind;

/// One place of the form: the bytes, and the typed column or the places below beside them.
class Place {
 public:
  static Result<Place> Make(const VariantForm& form) {
    Place place;
    place.form_ = &form;
    place.bytes_ = std::make_unique<arrow::BinaryBuilder>();
    place.is_nested_ = std::make_unique<arrow::TypedBufferBuilder<bool>>();
    place.offsets_ = std::make_unique<arrow::TypedBufferBuilder<int32_t>>();
    if (form.kind == Kind::kScalar) {
      DELTAIC_ASSIGN_OR_RETURN(place.scalars_, ScalarColumn::Make(*form.type));
    }
    for (const auto& [name, below] : form.fields) {
      DELTAIC_ASSIGN_OR_RETURN(place.below_.emplace_back(), Make(below));
    }
    place.is_given_.resize(form.fields.size());
    return place;
  }

  Status AppendMissing() {
    DELTAIC_RETURN_IF_ERROR(bytes_->AppendNull());
    return AppendUntyped();
  }

  Status Append(const VariantMetadata& names, const VariantValue& value) {
    DELTAIC_ASSIGN_OR_RETURN(const bool is_typed, AppendTyped(names, value));
    if (is_typed) return Status();
    DELTAIC_RETURN_IF_ERROR(bytes_->Append(value.bytes()));
    return AppendUntyped();
  }

  /// \return value and typed_value.
  Result<arrow::ArrayVector> Finish() {
    const int64_t length = bytes_->length();
    DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr bytes, bytes_->Finish());
    DELTAIC_ASSIGN_OR_RETURN(ArrayPtr typed, FinishTyped(length));
    return arrow::ArrayVector{bytes, std::move(typed)};
  }

 private:
  /// \return false, and nothing appended, where the value is of another kind.
  Result<bool> AppendTyped(const VariantMetadata& names, const VariantValue& value) {
    if (scalars_) {
      DELTAIC_ASSIGN_OR_RETURN(const bool fits, scalars_->Append(value));
      if (fits) DELTAIC_RETURN_IF_ERROR(bytes_->AppendNull());
      return fits;
    }
    const bool is_array = form_->kind == Kind::kArray;
    if (value.type() != (is_array ? VariantType::kArray : VariantType::kObject)) return false;
    DELTAIC_RETURN_IF_ERROR(is_array ? AppendArray(names, value) : AppendObject(names, value));
    return true;
  }

  /// A slot without a typed value.
  Status AppendUntyped() {
    if (scalars_) return scalars_->AppendNull();
    DELTAIC_RETURN_IF_ERROR(is_nested_->Append(false));
    if (form_->kind == Kind::kArray) return AppendOffset();
    for (Place& field : below_) DELTAIC_RETURN_IF_ERROR(field.AppendMissing());
    return Status();
  }

  Status AppendOffset() {
    const int64_t end = below_.front().bytes_->length();
    if (end > std::numeric_limits<int32_t>::max()) {
      return Status::Unsupported("arrays of variants have more than 2^31 elements in one batch");
    }
    return AsStatus(offsets_->Append(static_cast<int32_t>(end)));
  }

  Status AppendArray(const VariantMetadata& names, const VariantValue& array) {
    VariantMembers members(array);
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
      if (!more) break;
      DELTAIC_RETURN_IF_ERROR(below_.front().Append(names, members.value()));
    }
    DELTAIC_RETURN_IF_ERROR(is_nested_->Append(true));
    DELTAIC_RETURN_IF_ERROR(AppendOffset());
    return AsStatus(bytes_->AppendNull());
  }

  /// The position of the field; that of the end where the form has none of that name.
  size_t Find(std::string_view name) const {
    const auto& fields = form_->fields;
    const auto found = std::ranges::lower_bound(
        fields, name, {}, [](const auto& field) { return std::string_view(field.name); });
    const bool is_there = found != fields.end() && found->name == name;
    return static_cast<size_t>((is_there ? found : fields.end()) - fields.begin());
  }

  Status AppendObject(const VariantMetadata& names, const VariantValue& object) {
    is_given_.assign(below_.size(), false);
    rest_.clear();
    rest_content_.clear();
    VariantMembers members(object);
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
      if (!more) break;
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view name, names.Name(members.field_id()));
      const size_t field = Find(name);
      if (field < below_.size()) {
        if (is_given_[field]) return Status::Corruption("a variant has the field ", name, " twice");
        is_given_[field] = true;
        DELTAIC_RETURN_IF_ERROR(below_[field].Append(names, members.value()));
        continue;
      }
      rest_.push_back({members.field_id(), static_cast<uint32_t>(rest_content_.size())});
      rest_content_ += members.value().bytes();
    }
    for (size_t i = 0; i < below_.size(); ++i) {
      if (!is_given_[i]) DELTAIC_RETURN_IF_ERROR(below_[i].AppendMissing());
    }
    DELTAIC_RETURN_IF_ERROR(is_nested_->Append(true));
    if (rest_.empty()) return AsStatus(bytes_->AppendNull());
    std::string rest;
    AppendVariantObject(rest, rest_, rest_content_);
    return AsStatus(bytes_->Append(rest));
  }

  Result<ArrayPtr> FinishTyped(int64_t length) {
    if (scalars_) return scalars_->Finish();
    arrow::FieldVector fields;
    arrow::ArrayVector columns;
    for (size_t i = 0; i < below_.size(); ++i) {
      const int64_t rows = below_[i].bytes_->length();
      DELTAIC_ASSIGN_OR_RETURN(arrow::ArrayVector parts, below_[i].Finish());
      const auto type = arrow::struct_(
          {arrow::field("value", parts[0]->type()), arrow::field("typed_value", parts[1]->type())});
      fields.push_back(arrow::field(form_->fields[i].name, type, false));
      columns.push_back(std::make_shared<arrow::StructArray>(type, rows, std::move(parts)));
    }
    DELTAIC_ASSIGN_OR_RETURN(auto validity, is_nested_->Finish());
    if (form_->kind == Kind::kObject) {
      return ArrayPtr(std::make_shared<arrow::StructArray>(
          arrow::struct_(std::move(fields)), length, std::move(columns), std::move(validity)));
    }
    // The list begins where the first one does.
    const std::vector<int32_t> begin = {0};
    DELTAIC_ASSIGN_OR_RETURN(const auto ends, offsets_->Finish());
    DELTAIC_ASSIGN_OR_RETURN(auto offsets,
                             arrow::ConcatenateBuffers({arrow::Buffer::FromVector(begin), ends}));
    const auto type = arrow::list(arrow::field("element", fields.front()->type(), false));
    return ArrayPtr(std::make_shared<arrow::ListArray>(
        type, length, std::move(offsets), std::move(columns.front()), std::move(validity)));
  }

  const VariantForm* form_ = nullptr;
  std::unique_ptr<arrow::BinaryBuilder> bytes_;
  std::optional<ScalarColumn> scalars_;
  std::vector<Place> below_;                                     ///< fields, or the elements'
  std::unique_ptr<arrow::TypedBufferBuilder<bool>> is_nested_;   ///< an object or array is there
  std::unique_ptr<arrow::TypedBufferBuilder<int32_t>> offsets_;  ///< ends of arrays
  std::vector<bool> is_given_;
  std::vector<VariantPart> rest_;
  std::string rest_content_;
};

}  // namespace

Result<ArrayPtr> ShredVariants(const arrow::Array& variants, const VariantForm& form) {
  const auto& rows = static_cast<const arrow::StructArray&>(variants);
  const auto& metadata = static_cast<const arrow::BinaryArray&>(*rows.field(0));
  const auto& values = static_cast<const arrow::BinaryArray&>(*rows.field(1));
  DELTAIC_ASSIGN_OR_RETURN(const auto type, ShreddedVariantType(form));
  DELTAIC_ASSIGN_OR_RETURN(Place root, Place::Make(form));
  for (int64_t row = 0; row < rows.length(); ++row) {
    if (rows.IsNull(row)) {
      DELTAIC_RETURN_IF_ERROR(root.AppendMissing());
      continue;
    }
    DELTAIC_ASSIGN_OR_RETURN(const auto names, VariantMetadata::Parse(metadata.GetView(row)));
    DELTAIC_ASSIGN_OR_RETURN(const auto value, VariantValue::Parse(values.GetView(row)));
    DELTAIC_RETURN_IF_ERROR(root.Append(names, value));
  }
  DELTAIC_ASSIGN_OR_RETURN(arrow::ArrayVector parts, root.Finish());
  std::shared_ptr<arrow::Buffer> validity;
  if (rows.null_count() > 0) {
    DELTAIC_ASSIGN_OR_RETURN(
        validity, arrow::internal::CopyBitmap(arrow::default_memory_pool(), rows.null_bitmap_data(),
                                              rows.offset(), rows.length()));
  }
  parts.insert(parts.begin(), rows.field(0));
  return ArrayPtr(std::make_shared<arrow::StructArray>(type, rows.length(), std::move(parts),
                                                       std::move(validity)));
}

}  // namespace deltaic
