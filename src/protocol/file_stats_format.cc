#include <simdjson.h>

#include <map>
#include <utility>

#include "base/utf8.h"
#include "protocol/file_stats.h"
#include "protocol/json.h"
#include "protocol/stats_bound.h"

namespace deltaic {
namespace {

using Path = std::vector<std::string>;
using ColumnsByPath = std::map<Path, const ColumnStats*>;
/// The JSON for one column in one of the objects; nullopt to leave it out.
using FormatColumn = std::optional<std::string> (*)(const ColumnStats& column,
                                                    const DataType& type);

/// The object nested like `type` of what `format` says of each column; empty if it says nothing.
std::string FormatTree(const DataType& type, const ColumnsByPath& columns, FormatColumn format,
                       Path& path) {
  JsonWriter out;
  bool any = false;
  out.BeginObject();
  for (const StructField& field : type.fields()) {
    path.push_back(field.name);
    std::optional<std::string> json;
    if (field.type->id() == TypeId::kStruct) {
      json = FormatTree(*field.type, columns, format, path);
    } else if (const auto column = columns.find(path); column != columns.end()) {
      json = format(*column->second, *field.type);
    }
    path.pop_back();
    if (!json || json->empty()) continue;
    out.Key(field.name).Raw(*json);
    any = true;
  }
  out.EndObject();
  return any ? out.Take() : std::string();
}

std::optional<std::string> FormatNullCount(const ColumnStats& column, const DataType&) {
  return column.null_count ? std::optional(std::to_string(*column.null_count)) : std::nullopt;
}

/// The end of the first `count` code points.
size_t PrefixLength(std::string_view text, int count) {
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const bool starts_code_point = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts_code_point && count-- <= 0) break;
  }
  return i;
}

/// The code point that ends at the end of `text`, and where it starts. `text` is valid UTF-8.
std::pair<uint32_t, size_t> LastCodePoint(std::string_view text) {
  size_t start = text.size() - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  const size_t length = text.size() - start;
  const auto lead = static_cast<unsigned char>(text[start]);
  uint32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
  for (size_t i = start + 1; i < text.size(); ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  return {code, start};
}

constexpr uint32_t kFirstSurrogate = 0xD800;
constexpr uint32_t kAfterSurrogates = 0xE000;

}  // namespace

std::string FormatFileStats(const FileStats& stats, const Schema& physical_schema) {
  ColumnsByPath columns;
  for (const ColumnStats& column : stats.columns) columns.emplace(column.path, &column);
  const std::pair<std::string_view, FormatColumn> objects[] = {
      {"minValues",
       [](const ColumnStats& column, const DataType& type) {
         return FormatBound(column.min, type, BoundSide::kMin);
       }},
      {"maxValues",
       [](const ColumnStats& column, const DataType& type) {
         return FormatBound(column.max, type, BoundSide::kMax);
       }},
      {"nullCount", FormatNullCount},
  };
  JsonWriter out;
  out.BeginObject();
  if (stats.num_records) out.Key("numRecords").Int(*stats.num_records);
  for (const auto& [name, format] : objects) {
    Path path;
    const std::string object = FormatTree(physical_schema, columns, format, path);
    if (!object.empty()) out.Key(name).Raw(object);
  }
  if (!stats.tight_bounds) out.Key("tightBounds").Bool(false);
  out.EndObject();
  return out.Take();
}

std::string TruncateMinString(std::string_view text, int max_chars) {
  return std::string(text.substr(0, PrefixLength(text, max_chars)));
}

std::optional<std::string> TruncateMaxString(std::string_view text, int max_chars) {
  const size_t length = PrefixLength(text, max_chars);
  if (length == text.size()) return std::string(text);
  if (!simdjson::validate_utf8(text.data(), text.size())) return std::nullopt;
  // Code points order like their UTF-8, so one step up of the last is above all that it starts. A
  // last one without a next is dropped, and the one before raised.
  std::string_view prefix = text.substr(0, length);
  while (!prefix.empty()) {
    const auto [code, start] = LastCodePoint(prefix);
    prefix = prefix.substr(0, start);
    if (code >= kLastCodePoint) continue;
    const uint32_t next = code + 1 == kFirstSurrogate ? kAfterSurrogates : code + 1;
    std::string raised(prefix);
    AppendUtf8(raised, next);
    return raised;
  }
  return std::nullopt;
}

}  // namespace deltaic
