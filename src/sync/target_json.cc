#include "sync/target_json.h"

#include <arrow/api.h>

#include "data/values/value_text.h"
#include "data/values/variant_column.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

Status AppendText(std::string& out, std::string_view text, NulRule rule) {
  if (text.find('\0') == std::string_view::npos) {
    AppendJsonString(out, text);
    return Status();
  }
  std::string clean;
  DELTAIC_RETURN_IF_ERROR(AppendWithoutNul(clean, text, rule));
  AppendJsonString(out, clean);
  return Status();
}

Status AppendList(std::string& out, const arrow::ListArray& list, int64_t row, NulRule rule) {
  out.push_back('[');
  for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
    if (i > list.value_offset(row)) out.push_back(',');
    DELTAIC_RETURN_IF_ERROR(AppendTargetJson(out, *list.type()->field(0), *list.values(), i, rule));
  }
  out.push_back(']');
  return Status();
}

Status AppendStruct(std::string& out, const arrow::StructArray& array, int64_t row, NulRule rule) {
  out.push_back('{');
  for (int i = 0; i < array.num_fields(); ++i) {
    if (i > 0) out.push_back(',');
    AppendJsonString(out, array.type()->field(i)->name());
    out.push_back(':');
    DELTAIC_RETURN_IF_ERROR(
        AppendTargetJson(out, *array.type()->field(i), *array.field(i), row, rule));
  }
  out.push_back('}');
  return Status();
}

Status AppendMap(std::string& out, const arrow::MapArray& array, int64_t row, NulRule rule) {
  const auto& type = static_cast<const arrow::MapType&>(*array.type());
  out.push_back('{');
  for (int64_t i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
    if (i > array.value_offset(row)) out.push_back(',');
    std::string key;
    DELTAIC_RETURN_IF_ERROR(AppendDisplayText(key, *type.key_field(), *array.keys(), i));
    DELTAIC_RETURN_IF_ERROR(AppendText(out, key, rule));
    out.push_back(':');
    DELTAIC_RETURN_IF_ERROR(AppendTargetJson(out, *type.item_field(), *array.items(), i, rule));
  }
  out.push_back('}');
  return Status();
}

}  // namespace

Status AppendWithoutNul(std::string& out, std::string_view text, NulRule rule) {
  for (;;) {
    const size_t at = text.find('\0');
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return Status();
    if (rule == NulRule::kError) {
      return Status::SchemaMismatch(
          "the text has a NUL, which PostgreSQL cannot hold; nul=strip leaves it out");
    }
    text.remove_prefix(at + 1);
  }
}

Status AppendTargetJson(std::string& out, const arrow::Field& field, const arrow::Array& array,
                        int64_t row, NulRule rule) {
  if (array.type_id() == arrow::Type::NA || array.IsNull(row)) {
    out += "null";
    return Status();
  }
  if (IsVariantField(field)) return AppendJsonValue(out, field, array, row);
  switch (array.type_id()) {
    case arrow::Type::STRING:
      return AppendText(out, static_cast<const arrow::StringArray&>(array).GetView(row), rule);
    case arrow::Type::STRUCT:
      return AppendStruct(out, static_cast<const arrow::StructArray&>(array), row, rule);
    case arrow::Type::MAP:
      return AppendMap(out, static_cast<const arrow::MapArray&>(array), row, rule);
    case arrow::Type::LIST:
      return AppendList(out, static_cast<const arrow::ListArray&>(array), row, rule);
    default:
      return AppendJsonValue(out, field, array, row);
  }
}

}  // namespace deltaic
