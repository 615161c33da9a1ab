#pragma once

#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "common/column_builder.h"
#include "common/read_value.h"

/// For the tests of this folder: values as text, and columns out of Arrow's arrays.
namespace deltaic_rows::testing {

/// Values as text, one look for each kind: 1, 1.5f, 'text', x'00', 12.50d, @1 (days), 5us, 5us~,
/// [..], {a: ..}, {k => v}.
struct TextMaker {
  using Value = std::string;

  Value Null() { return "null"; }
  Value Boolean(bool value) { return value ? "true" : "false"; }
  Value Integer(int64_t value) { return std::to_string(value); }
  Value Float(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%gf", value);
    return text;
  }
  Value Text(std::string_view text) { return "'" + std::string(text) + "'"; }
  Value Binary(std::string_view bytes) {
    std::string out = "x'";
    for (const char byte : bytes) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
      out += digits;
    }
    return out + "'";
  }
  Value Decimal(std::string_view text) { return std::string(text) + "d"; }
  Value Date(int64_t days) { return "@" + std::to_string(days); }
  Value Timestamp(int64_t micros) { return std::to_string(micros) + "us"; }
  Value TimestampNtz(int64_t micros) { return std::to_string(micros) + "us~"; }
  Value Dictionary(const Column& column, int64_t index) {
    return "#" + ReadValue(column.dictionary(), index, *this);
  }
  Value List(const Column& items, Span span) {
    std::string out;
    for (int64_t i = span.begin; i < span.end; ++i) Join(ReadValue(items, i, *this), &out);
    return "[" + out + "]";
  }
  Value Map(const Column& keys, const Column& values, Span span) {
    std::string out;
    for (int64_t i = span.begin; i < span.end; ++i) {
      Join(ReadValue(keys, i, *this) + " => " + ReadValue(values, i, *this), &out);
    }
    return "{" + out + "}";
  }
  Value Struct(const Column& column, int64_t row) {
    std::string out;
    for (size_t i = 0; i < column.type().children.size(); ++i) {
      Join(column.child(i).type().name + ": " + ReadValue(column.child(i), row, *this), &out);
    }
    return "{" + out + "}";
  }
  Value NewList(uint64_t /*size*/) { return "[]"; }
  void AddItem(Value& list, const Value& item) { Insert(item, &list); }
  Value NewObject(uint64_t /*size*/) { return "{}"; }
  void AddMember(Value& object, std::string_view name, const Value& value) {
    Insert(std::string(name) + ": " + value, &object);
  }
  Value BadVariant(const char* why) { return std::string("bad: ") + why; }

 private:
  static void Join(const std::string& text, std::string* out) {
    if (!out->empty()) *out += ", ";
    *out += text;
  }
  static void Insert(const std::string& text, std::string* out) {
    out->insert(out->size() - 1, out->size() > 2 ? ", " + text : text);
  }
};

/// An Arrow array behind the C structs.
class ExportedColumn {
 public:
  ExportedColumn(const arrow::Array& array, const arrow::Field& field)
      : type_(Import(array, field)), column_(type_) {
    column_.Bind(array_);
  }
  ~ExportedColumn() { array_.release(&array_); }
  ExportedColumn(const ExportedColumn&) = delete;
  ExportedColumn& operator=(const ExportedColumn&) = delete;

  const ColumnType& type() const { return type_; }
  const Column& column() const { return column_; }
  int64_t length() const { return array_.length; }
  std::string Text() const {
    TextMaker maker;
    std::string out;
    for (int64_t row = 0; row < length(); ++row) {
      out += (row > 0 ? " | " : "") + ReadValue(column_, row, maker);
    }
    return out;
  }

 private:
  ColumnType Import(const arrow::Array& array, const arrow::Field& field) {
    ArrowSchema schema{};
    EXPECT_TRUE(arrow::ExportField(field, &schema).ok());
    EXPECT_TRUE(arrow::ExportArray(array, &array_).ok());
    ColumnType type = ParseSchema(schema);
    schema.release(&schema);
    return type;
  }

  ArrowArray array_{};
  ColumnType type_;
  Column column_;
};

}  // namespace deltaic_rows::testing
