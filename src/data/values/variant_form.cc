#include "data/values/variant_form.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "data/values/type_mapping.h"
#include "data/values/variant_scalar.h"
#include "protocol/variant.h"

namespace deltaic {
namespace {

using Kind = VariantForm::Kind;

constexpr int64_t kSampledRows = 4096;
/// Deeper values stay bytes.
constexpr int kMaxDepth = 16;
/// Names that are counted in one column: of objects that serve as maps there is no end of them.
constexpr size_t kMaxCounted = 10'000;
/// Longer ones stay bytes: they are values rather than names.
constexpr size_t kMaxNameBytes = 256;
constexpr int64_t kRareShare = 10;

/// What values of one place look like.
struct Seen {
  int64_t num_values = 0;  ///< without nulls
  int64_t num_objects = 0;
  int64_t num_arrays = 0;
  std::map<TypeId, int64_t> scalars;
  DecimalDigits digits;
  std::map<std::string, Seen, std::less<>> fields;
  std::vector<Seen> elements;  ///< one, where there was any
};

class Sample {
 public:
  Status Add(const VariantMetadata& names, const VariantValue& value) {
    return Add(names, value, root_, 0);
  }
  const Seen& root() const { return root_; }

 private:
  Status Add(const VariantMetadata& names, const VariantValue& value, Seen& seen, int depth) {
    if (value.type() == VariantType::kNull) return Status();
    ++seen.num_values;
    if (const auto kind = ScalarKindOf(value)) {
      ++seen.scalars[*kind];
      if (*kind == TypeId::kDecimal) seen.digits.Add(value);
    }
    if (depth == kMaxDepth) return Status();
    if (value.type() == VariantType::kObject) return AddObject(names, value, seen, depth);
    if (value.type() == VariantType::kArray) return AddArray(names, value, seen, depth);
    return Status();
  }

  Status AddArray(const VariantMetadata& names, const VariantValue& array, Seen& seen, int depth) {
    ++seen.num_arrays;
    VariantMembers members(array);
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
      if (!more) return Status();
      if (seen.elements.empty()) seen.elements.emplace_back();
      DELTAIC_RETURN_IF_ERROR(Add(names, members.value(), seen.elements.front(), depth + 1));
    }
  }

  Status AddObject(const VariantMetadata& names, const VariantValue& object, Seen& seen,
                   int depth) {
    ++seen.num_objects;
    VariantMembers members(object);
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
      if (!more) return Status();
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view name, names.Name(members.field_id()));
      auto field = seen.fields.find(name);
      if (field == seen.fields.end()) {
        if (num_counted_ == kMaxCounted || !CanBeColumn(name)) continue;
        ++num_counted_;
        field = seen.fields.emplace(std::string(name), Seen()).first;
      }
      DELTAIC_RETURN_IF_ERROR(Add(names, members.value(), field->second, depth + 1));
    }
  }

  static bool CanBeColumn(std::string_view name) {
    return !name.empty() && name.size() <= kMaxNameBytes && arrow::util::ValidateUTF8(name);
  }

  Seen root_;
  size_t num_counted_ = 0;
};

/// Readers may find columns whatever the case of their names, so that two of them would be one. Of
/// letters beyond ASCII their lengths are all that is looked at.
bool MayBeTwins(std::string_view a, std::string_view b) {
  const auto is_same = [](char x, char y) {
    return (x & 0x80) != 0 ? (y & 0x80) != 0 : EqualsIgnoringCase({&x, 1}, {&y, 1});
  };
  return std::ranges::equal(a, b, is_same);
}

/// Chooses the form for what was seen, within what is left of the fields.
class FormChooser {
 public:
  explicit FormChooser(size_t& fields_left) : fields_left_(fields_left) {}

  VariantForm Choose(const Seen& seen) {
    if (fields_left_ == 0) return VariantForm();
    --fields_left_;
    VariantForm form = ChooseKind(seen);
    if (!form.is_shredded()) ++fields_left_;
    return form;
  }

 private:
  VariantForm ChooseKind(const Seen& seen) {
    const auto is_common = [&](int64_t count) { return count > 0 && count * 2 >= seen.num_values; };
    if (is_common(seen.num_objects)) return ObjectForm(seen);
    if (is_common(seen.num_arrays)) return ArrayForm(seen);
    const auto most = std::ranges::max_element(seen.scalars, {},
                                               [](const auto& scalar) { return scalar.second; });
    VariantForm form;
    if (most == seen.scalars.end() || !is_common(most->second)) return form;
    form.type =
        most->first == TypeId::kDecimal ? seen.digits.Type() : DataType::Primitive(most->first);
    if (form.type != nullptr) form.kind = Kind::kScalar;
    return form;
  }

  VariantForm ArrayForm(const Seen& seen) {
    VariantForm form;
    if (seen.elements.empty()) return form;
    VariantForm element = Choose(seen.elements.front());
    if (!element.is_shredded()) return form;
    form.kind = Kind::kArray;
    form.fields.emplace_back("", std::move(element));
    return form;
  }

  VariantForm ObjectForm(const Seen& seen) {
    std::vector<std::pair<int64_t, const std::pair<const std::string, Seen>*>> common;
    for (const auto& field : seen.fields) {
      if (field.second.num_values * kRareShare < seen.num_objects) continue;
      common.emplace_back(field.second.num_values, &field);
    }
    std::ranges::stable_sort(common,
                             [](const auto& a, const auto& b) { return a.first > b.first; });
    VariantForm form;
    for (const auto& [count, field] : common) {
      const auto is_twin = [&](const auto& other) { return MayBeTwins(other.name, field->first); };
      if (std::ranges::any_of(form.fields, is_twin)) continue;
      VariantForm below = Choose(field->second);
      if (below.is_shredded()) form.fields.emplace_back(field->first, std::move(below));
    }
    std::ranges::sort(form.fields, {}, [](const auto& field) -> const auto& { return field.name; });
    if (!form.fields.empty()) form.kind = Kind::kObject;
    return form;
  }

  size_t& fields_left_;
};

Result<arrow::FieldVector> PartsOf(const VariantForm& form);

/// A field or element: struct<value, typed_value>.
Result<std::shared_ptr<arrow::Field>> PartField(std::string name, const VariantForm& form) {
  DELTAIC_ASSIGN_OR_RETURN(arrow::FieldVector parts, PartsOf(form));
  return arrow::field(std::move(name), arrow::struct_(std::move(parts)), /*nullable=*/false);
}

Result<std::shared_ptr<arrow::DataType>> TypedPart(const VariantForm& form) {
  if (form.kind == Kind::kScalar) return ToArrowType(*form.type);
  if (form.kind == Kind::kArray) {
    DELTAIC_ASSIGN_OR_RETURN(auto element, PartField("element", form.fields.front().form));
    return arrow::list(std::move(element));
  }
  arrow::FieldVector fields;
  for (const auto& [name, below] : form.fields) {
    DELTAIC_ASSIGN_OR_RETURN(fields.emplace_back(), PartField(name, below));
  }
  return arrow::struct_(std::move(fields));
}

Result<arrow::FieldVector> PartsOf(const VariantForm& form) {
  DELTAIC_ASSIGN_OR_RETURN(auto typed, TypedPart(form));
  return arrow::FieldVector{arrow::field("value", arrow::binary()),
                            arrow::field("typed_value", std::move(typed))};
}

}  // namespace

Result<VariantForm> InferVariantForm(const arrow::Array& variants, size_t& fields_left) {
  arrow::util::InitializeUTF8();
  const auto& rows = static_cast<const arrow::StructArray&>(variants);
  const auto& metadata = static_cast<const arrow::BinaryArray&>(*rows.field(0));
  const auto& values = static_cast<const arrow::BinaryArray&>(*rows.field(1));
  Sample sample;
  for (int64_t row = 0; row < std::min(rows.length(), kSampledRows); ++row) {
    if (rows.IsNull(row)) continue;
    DELTAIC_ASSIGN_OR_RETURN(const auto names, VariantMetadata::Parse(metadata.GetView(row)));
    DELTAIC_ASSIGN_OR_RETURN(const auto value, VariantValue::Parse(values.GetView(row)));
    DELTAIC_RETURN_IF_ERROR(sample.Add(names, value));
  }
  return FormChooser(fields_left).Choose(sample.root());
}

Result<std::shared_ptr<arrow::DataType>> ShreddedVariantType(const VariantForm& form) {
  DELTAIC_ASSIGN_OR_RETURN(arrow::FieldVector parts, PartsOf(form));
  parts.insert(parts.begin(), arrow::field("metadata", arrow::binary(), false));
  return arrow::struct_(std::move(parts));
}

}  // namespace deltaic
