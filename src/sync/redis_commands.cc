#include "sync/redis_commands.h"

#include <arrow/api.h>

#include <algorithm>

#include "data/values/value_text.h"
#include "protocol/json.h"
#include "sync/net_rows.h"

namespace deltaic {

void AppendResp(std::string& out, const std::vector<std::string>& words) {
  out += Concat("*", words.size(), "\r\n");
  for (const std::string& word : words) out += Concat("$", word.size(), "\r\n", word, "\r\n");
}

void AppendCommandJson(std::string& out, const std::vector<std::string>& words) {
  out.push_back('[');
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendJsonString(out, words[i]);
  }
  out.push_back(']');
}

Result<RedisCommands> RedisCommands::Make(const arrow::Schema& schema, const CopyOptions& options) {
  RedisCommands commands;
  commands.as_lines_ = options.format == CopyFormat::kRedisJson;
  commands.value_ = options.value;
  commands.deletes_ = options.deletes;
  commands.prefix_ = options.prefix;
  if (options.prefix.empty())
    return Status::InvalidArgument("Redis needs a prefix, which the names of keys begin with");
  if (options.key.empty()) return Status::InvalidArgument("Redis needs a key of a column or more");
  commands.change_type_ = schema.GetFieldIndex("_change_type");
  for (int i = 0; i < schema.num_fields(); ++i) {
    if (i == commands.change_type_) continue;
    const auto& field = schema.field(i);
    const auto renamed = options.names.find(field->name());
    commands.columns_.push_back({static_cast<size_t>(i), field,
                                 renamed == options.names.end() ? field->name() : renamed->second});
  }
  for (const std::string& name : options.key) {
    const auto found = std::ranges::find_if(
        commands.columns_, [&](const Column& column) { return column.field->name() == name; });
    if (found == commands.columns_.end())
      return Status::InvalidArgument("the key column ", name, " is not among the rows' columns");
    commands.key_.push_back(*found);
  }
  return commands;
}

Status RedisCommands::Append(std::string& out, const arrow::ArrayVector& columns, int64_t row) {
  std::string key = prefix_;
  DELTAIC_RETURN_IF_ERROR(AppendKey(key, columns, row));
  const bool is_gone = change_type_ >= 0 && static_cast<const arrow::StringArray&>(
                                                *columns[static_cast<size_t>(change_type_)])
                                                    .GetView(row) == kNetDelete;
  if (is_gone && !deletes_) return Status();
  if (is_gone || value_ == RedisValue::kHash) AppendCommand(out, {"DEL", key});
  if (is_gone) return Status();
  words_ = {value_ == RedisValue::kHash ? "HSET" : "SET", std::move(key)};
  DELTAIC_RETURN_IF_ERROR(value_ == RedisValue::kHash ? AppendHash(columns, row)
                                                      : AppendJson(columns, row));
  AppendCommand(out, words_);
  return Status();
}

Status RedisCommands::AppendDelete(std::string& out, const arrow::ArrayVector& columns,
                                   int64_t row) const {
  if (!deletes_) return Status();
  std::string key = prefix_;
  DELTAIC_RETURN_IF_ERROR(AppendKey(key, columns, row));
  AppendCommand(out, {"DEL", key});
  return Status();
}

/// Values stand after colons; where there are several, each with its own colons encoded, so that
/// no two keys have one name.
Status RedisCommands::AppendKey(std::string& out, const arrow::ArrayVector& columns,
                                int64_t row) const {
  for (const Column& column : key_) {
    if (columns[column.at]->IsNull(row)) {
      return Status::ConstraintViolated("the key column ", column.field->name(),
                                        " is null: keys must not be null");
    }
    std::string text;
    DELTAIC_RETURN_IF_ERROR(AppendDisplayText(text, *column.field, *columns[column.at], row));
    out.push_back(':');
    for (const char c : text) {
      if (key_.size() > 1 && (c == ':' || c == '%')) {
        out += c == ':' ? "%3A" : "%25";
      } else {
        out.push_back(c);
      }
    }
  }
  return Status();
}

Status RedisCommands::AppendHash(const arrow::ArrayVector& columns, int64_t row) {
  for (const Column& column : columns_) {
    if (columns[column.at]->IsNull(row)) continue;
    words_.push_back(column.name);
    words_.emplace_back();
    DELTAIC_RETURN_IF_ERROR(
        AppendDisplayText(words_.back(), *column.field, *columns[column.at], row));
  }
  return Status();
}

Status RedisCommands::AppendJson(const arrow::ArrayVector& columns, int64_t row) {
  std::string json = "{";
  for (const Column& column : columns_) {
    if (json.size() > 1) json.push_back(',');
    AppendJsonString(json, column.name);
    json.push_back(':');
    // JSON has an escape for NUL, and Redis holds it.
    DELTAIC_RETURN_IF_ERROR(AppendJsonValue(json, *column.field, *columns[column.at], row));
  }
  words_.push_back(json + "}");
  return Status();
}

void RedisCommands::AppendCommand(std::string& out, const std::vector<std::string>& words) const {
  if (!as_lines_) return AppendResp(out, words);
  AppendCommandJson(out, words);
  out.push_back('\n');
}

}  // namespace deltaic
