#pragma once

#include <arrow/datum.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "expr/function_definition.h"

/// Functions over whole columns, beside the row by row evaluation that a function's definition has.
namespace deltaic::kernels {

struct ColumnCall {
  const Expr& call;                ///< bound
  std::vector<arrow::Datum> args;  ///< scalars, or arrays without a dictionary
  int64_t num_rows;
};

/// nullopt: the definition's own evaluation must do it.
using ColumnFunction = Result<std::optional<arrow::Datum>> (*)(const ColumnCall& call);

/// The function for a definition's name, or nullptr.
ColumnFunction FindColumnFunction(std::string_view name);

/// Row by row, by the definition.
Result<arrow::Datum> EvaluateEachRow(const ColumnCall& call);

/// The value of an argument at a row.
Value ArgAt(const arrow::Datum& arg, int64_t row);

/// An argument as an array of the batch's length.
Result<std::shared_ptr<arrow::Array>> ArgAsArray(const ColumnCall& call, size_t index);

// Arithmetic, where Arrow's agrees with Spark's.
Result<std::optional<arrow::Datum>> AddColumns(const ColumnCall& call);
Result<std::optional<arrow::Datum>> SubtractColumns(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MultiplyColumns(const ColumnCall& call);
Result<std::optional<arrow::Datum>> DivideColumns(const ColumnCall& call);
Result<std::optional<arrow::Datum>> RemainderOfColumns(const ColumnCall& call);

// Text.
Result<std::optional<arrow::Datum>> LowerColumn(const ColumnCall& call);
Result<std::optional<arrow::Datum>> UpperColumn(const ColumnCall& call);
Result<std::optional<arrow::Datum>> LengthOfColumn(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MatchLikeIgnoringCase(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MatchRegex(const ColumnCall& call);
Result<std::optional<arrow::Datum>> ReplaceRegex(const ColumnCall& call);
Result<std::optional<arrow::Datum>> ExtractRegex(const ColumnCall& call);
Result<std::optional<arrow::Datum>> SplitByRegex(const ColumnCall& call);

// Arrays, maps and structs.
Result<std::optional<arrow::Datum>> ItemOf(const ColumnCall& call);
Result<std::optional<arrow::Datum>> ElementAt(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MemberOf(const ColumnCall& call);
Result<std::optional<arrow::Datum>> SizeOf(const ColumnCall& call);
Result<std::optional<arrow::Datum>> ArrayContains(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MakeArray(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MakeMap(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MakeStruct(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MapKeys(const ColumnCall& call);
Result<std::optional<arrow::Datum>> MapValues(const ColumnCall& call);

// Variants.
Result<std::optional<arrow::Datum>> VariantGet(const ColumnCall& call);
Result<std::optional<arrow::Datum>> TryVariantGet(const ColumnCall& call);
Result<std::optional<arrow::Datum>> ParseJson(const ColumnCall& call);
Result<std::optional<arrow::Datum>> TryParseJson(const ColumnCall& call);
Result<std::optional<arrow::Datum>> IsVariantNull(const ColumnCall& call);
Result<std::optional<arrow::Datum>> SchemaOfVariantColumn(const ColumnCall& call);

// JSON.
Result<std::optional<arrow::Datum>> ToJson(const ColumnCall& call);

}  // namespace deltaic::kernels
