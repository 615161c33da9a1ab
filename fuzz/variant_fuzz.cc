// Variants: what JSON can be made of survives being built again, and merging into a shredded object
// what a value holds gives the same fields, as does taking it apart by forms that suit it or do
// not. The first byte of the input is the metadata's length.

#include <arrow/api.h>

#include <algorithm>
#include <optional>

#include "data/values/value_text.h"
#include "data/values/variant_column.h"
#include "data/values/variant_form.h"
#include "fuzz.h"
#include "protocol/variant.h"
#include "protocol/variant_builder.h"
#include "protocol/variant_json.h"

using namespace deltaic;

namespace {

std::string Rebuild(const VariantValue& value);

std::string RebuildNested(const VariantValue& nested) {
  std::string content;
  std::vector<VariantPart> parts;
  VariantMembers members(nested);
  while (true) {
    const auto more = members.Next();
    FUZZ_CHECK_OK(more);
    if (!*more) break;
    parts.push_back({members.field_id(), static_cast<uint32_t>(content.size())});
    content += Rebuild(members.value());
  }
  FUZZ_CHECK(parts.size() == nested.num_members());
  std::string out;
  if (nested.type() == VariantType::kObject) {
    AppendVariantObject(out, parts, content);
  } else {
    AppendVariantArray(out, parts, content);
  }
  return out;
}

std::string Rebuild(const VariantValue& value) {
  std::string out;
  switch (value.type()) {
    case VariantType::kObject:
    case VariantType::kArray:
      return RebuildNested(value);
    case VariantType::kNull:
      AppendVariantNull(out);
      break;
    case VariantType::kBoolean:
      AppendVariantBoolean(out, value.boolean());
      break;
    case VariantType::kFloat:
      AppendVariantFloat(out, static_cast<float>(value.number()));
      break;
    case VariantType::kDouble:
      AppendVariantDouble(out, value.number());
      break;
    case VariantType::kDecimal4:
      AppendVariantDecimal(out, value.unscaled(), 9, value.scale());
      break;
    case VariantType::kDecimal8:
      AppendVariantDecimal(out, value.unscaled(), 18, value.scale());
      break;
    case VariantType::kDecimal16:
      AppendVariantDecimal(out, value.unscaled(), 38, value.scale());
      break;
    case VariantType::kString:
      AppendVariantString(out, value.content());
      break;
    case VariantType::kBinary:
      AppendVariantBinary(out, value.content());
      break;
    case VariantType::kUuid:
      AppendVariantUuid(out, value.content());
      break;
    default:
      AppendVariantInteger(out, value.type(), value.integer());
  }
  return out;
}

std::shared_ptr<arrow::Array> Column(std::string_view bytes) {
  arrow::BinaryBuilder builder;
  FUZZ_CHECK(builder.Append(bytes).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::StructArray> Group(const arrow::ArrayVector& parts,
                                          const std::vector<std::string>& names) {
  return arrow::StructArray::Make(parts, names).ValueOrDie();
}

/// The value as what an object shredded into a field `a` has left; `a` is missing.
std::shared_ptr<arrow::Array> Shredded(std::string_view metadata, std::string_view value) {
  const auto nothing = arrow::MakeArrayOfNull(arrow::int64(), 1).ValueOrDie();
  const auto a = Group({nothing}, {"typed_value"});
  return Group({Column(metadata), Column(value), Group({a}, {"a"})},
               {"metadata", "value", "typed_value"});
}

bool HasField(const VariantMetadata& metadata, const VariantValue& object,
              std::string_view wanted) {
  VariantMembers members(object);
  while (*members.Next()) {
    if (*metadata.Name(members.field_id()) == wanted) return true;
  }
  return false;
}

Result<std::string> ToJson(std::string_view metadata, std::string_view value) {
  std::string json;
  DELTAIC_RETURN_IF_ERROR(AppendVariantJson(json, metadata, value));
  return json;
}

std::shared_ptr<arrow::Array> Variants(std::string_view metadata, std::string_view value) {
  return std::make_shared<arrow::StructArray>(VariantArrowType(), 1,
                                              arrow::ArrayVector{Column(metadata), Column(value)});
}

/// Whether objects have their fields in order, each once, at any depth.
bool IsOrdered(const VariantMetadata& metadata, const VariantValue& value) {
  if (value.type() != VariantType::kObject && value.type() != VariantType::kArray) return true;
  std::optional<std::string_view> last;
  VariantMembers members(value);
  while (*members.Next()) {
    if (value.type() == VariantType::kObject) {
      const std::string_view name = *metadata.Name(members.field_id());
      if (last && *last >= name) return false;
      last = name;
    }
    if (!IsOrdered(metadata, members.value())) return false;
  }
  return true;
}

VariantForm Scalar(TypeId type) {
  return {.kind = VariantForm::Kind::kScalar, .type = DataType::Primitive(type), .fields = {}};
}

/// {a: [long], b: string}
VariantForm FixedForm() {
  VariantForm list{.kind = VariantForm::Kind::kArray, .type = nullptr, .fields = {}};
  list.fields.emplace_back("", Scalar(TypeId::kLong));
  VariantForm form{.kind = VariantForm::Kind::kObject, .type = nullptr, .fields = {}};
  form.fields.emplace_back("a", std::move(list));
  form.fields.emplace_back("b", Scalar(TypeId::kString));
  return form;
}

void CheckError(const Status& status) {
  FUZZ_CHECK(status.code() == StatusCode::kCorruption || status.code() == StatusCode::kUnsupported);
}

/// \param json  of the value; nullptr: it is broken. \param is_ordered  IsOrdered()
void CheckShredding(std::string_view metadata, std::string_view value, const VariantForm& form,
                    const std::string* json, bool is_ordered) {
  const auto shredded = ShredVariants(*Variants(metadata, value), form);
  if (!shredded.ok()) {
    CheckError(shredded.status());
    FUZZ_CHECK(!is_ordered);
    return;
  }
  FUZZ_CHECK((*shredded)->ValidateFull().ok());
  const auto back = AssembleVariants(*shredded);
  if (!back.ok()) CheckError(back.status());
  if (!is_ordered) return;
  FUZZ_CHECK_OK(back);
  std::string again;
  const auto field = VariantAwareField("v", VariantArrowType(), true, true);
  FUZZ_CHECK_OK(AppendJsonValue(again, *field, **back, 0));
  FUZZ_CHECK(again == *json);
}

void CheckShredding(std::string_view metadata, std::string_view value,
                    const Result<std::string>& json) {
  const bool is_ordered =
      json.ok() && IsOrdered(*VariantMetadata::Parse(metadata), *VariantValue::Parse(value));
  const std::string* text = json.ok() ? &*json : nullptr;
  CheckShredding(metadata, value, FixedForm(), text, is_ordered);
  size_t fields_left = kMaxShreddedFields;
  const auto form = InferVariantForm(*Variants(metadata, value), fields_left);
  if (!form.ok()) CheckError(form.status());
  FUZZ_CHECK(form.ok() || !json.ok());
  if (form.ok() && form->is_shredded()) {
    CheckShredding(metadata, value, *form, text, is_ordered);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input = fuzz::AsText(data + 1, size - 1);
  const std::string_view metadata = input.substr(0, data[0]);
  const std::string_view value = input.substr(metadata.size());

  const Result<std::string> json = ToJson(metadata, value);
  const auto assembled = AssembleVariants(Shredded(metadata, value));
  if (!assembled.ok()) CheckError(assembled.status());
  CheckShredding(metadata, value, json);
  if (!json.ok()) {
    CheckError(json.status());
    return 0;
  }
  const auto root = VariantValue::Parse(value);
  FUZZ_CHECK_OK(root);
  const Result<std::string> again = ToJson(metadata, Rebuild(*root));
  FUZZ_CHECK(again.ok() && *again == *json);

  // Objects come back as they were, but for a field that the shredded one takes the place of.
  if (root->type() != VariantType::kObject) {
    FUZZ_CHECK(!assembled.ok());
    return 0;
  }
  FUZZ_CHECK_OK(assembled);
  if (HasField(*VariantMetadata::Parse(metadata), *root, "a")) return 0;
  std::string merged;
  const auto field = VariantAwareField("v", VariantArrowType(), true, true);
  FUZZ_CHECK_OK(AppendJsonValue(merged, *field, **assembled, 0));
  FUZZ_CHECK(merged == *json);
  return 0;
}
