#include "protocol/field_metadata.h"

#include <algorithm>
#include <iterator>

#include "protocol/compact_json.h"
#include "protocol/json.h"
#include "protocol/schema.h"

namespace deltaic {
namespace {

/// Texts also where they look like a number or an object.
constexpr std::string_view kAlwaysText[] = {"comment",
                                            kCurrentDefaultKey,
                                            "EXISTS_DEFAULT",
                                            kGenerationExpressionKey,
                                            kInvariantsKey,
                                            kPhysicalNameKey,
                                            "__CHAR_VARCHAR_TYPE_STRING"};
constexpr std::string_view kNotPortable[] = {"ARROW:", "PARQUET:", "_PL_", "delta.columnMapping.",
                                             kTypeChangesKey};

bool IsAlwaysText(std::string_view key) {
  return std::find(std::begin(kAlwaysText), std::end(kAlwaysText), key) != std::end(kAlwaysText);
}

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

bool IsText(std::string_view json) { return json.starts_with('"'); }

/// The text that a JSON text stands for.
std::string Unquoted(const std::string& json) {
  const StructField field{.name = "", .type = nullptr, .metadata = {{"", json}}};
  return field.MetadataText("").value_or(json);
}

}  // namespace

std::string FieldMetadataFromText(std::string_view key, std::string_view text) {
  if (IsAlwaysText(key) || text == "null") return Quoted(text);
  const Result<std::string> compact = json::Compact(text, kMaxSchemaDepth);
  if (!compact.ok() || *compact != text) return Quoted(text);
  return !IsText(*compact) || FieldMetadataToText(key, *compact) == text ? *compact : Quoted(text);
}

std::string FieldMetadataToText(std::string_view key, const std::string& json) {
  if (!IsText(json)) return json;
  std::string text = Unquoted(json);
  return IsAlwaysText(key) || FieldMetadataFromText(key, text) == json ? text : json;
}

bool IsPortableFieldMetadata(std::string_view key) {
  return std::none_of(std::begin(kNotPortable), std::end(kNotPortable),
                      [&](std::string_view prefix) { return key.starts_with(prefix); });
}

}  // namespace deltaic
