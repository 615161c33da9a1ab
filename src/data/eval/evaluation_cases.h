#pragma once

#include <arrow/type_fwd.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "expr/expr.h"
#include "protocol/schema.h"

namespace deltaic::testing {

/// What expressions are tested over: two rows, the second of nulls.
struct EvaluatedTable {
  SchemaPtr schema;
  std::shared_ptr<arrow::RecordBatch> batch;
};

/// \param dictionaries  its primitive columns are dictionary-encoded.
EvaluatedTable MakeEvaluatedTable(bool dictionaries);

/// The session's clock: 2020-05-06 10:11:12.5.
constexpr int64_t kNow = 1588759872500000;

Result<ExprPtr> BindSql(std::string_view sql, const Schema& schema);

/// "type: row 1 | row 2"
Result<std::string> EvaluateSql(std::string_view sql, const EvaluatedTable& table);

struct EvaluationCase {
  const char* sql;
  const char* result;
};

/// Each case over both forms of the table, and once more from the text of what was bound.
class Evaluation : public ::testing::TestWithParam<EvaluationCase> {};

}  // namespace deltaic::testing
