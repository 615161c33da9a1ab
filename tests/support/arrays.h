#pragma once

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/schema.h"

/// Types, arrays, batches and tables in a few characters.
namespace deltaic::testing {

inline DataTypePtr Type(TypeId id) { return DataType::Primitive(id); }

inline std::shared_ptr<arrow::Array> ArrayOf(const std::shared_ptr<arrow::DataType>& type,
                                             const std::string& json) {
  auto array = arrow::json::ArrayFromJSONString(type, json);
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  return array.ok() ? *array : nullptr;
}

inline std::shared_ptr<arrow::Table> TableOf(
    const std::vector<std::pair<std::shared_ptr<arrow::Field>, std::string>>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [field, json] : columns) {
    fields.push_back(field);
    arrays.push_back(ArrayOf(field->type(), json));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), arrays);
}

inline std::shared_ptr<arrow::RecordBatch> Batch(
    const std::vector<std::pair<std::shared_ptr<arrow::Field>, std::shared_ptr<arrow::Array>>>&
        columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [field, array] : columns) {
    fields.push_back(field);
    arrays.push_back(array);
  }
  const int64_t length = arrays.empty() ? 0 : arrays[0]->length();
  return arrow::RecordBatch::Make(arrow::schema(fields), length, arrays);
}

inline StructField Field(std::string name, DataTypePtr type, bool nullable = true) {
  return StructField{std::move(name), std::move(type), nullable, {}};
}

inline void ExpectTablesEqual(const arrow::Table& actual, const arrow::Table& expected) {
  EXPECT_TRUE(actual.Equals(expected))
      << "actual: " << actual.ToString() << "\nexpected: " << expected.ToString();
}

}  // namespace deltaic::testing
