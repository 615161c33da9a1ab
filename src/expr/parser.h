#pragma once

#include <string_view>

#include "base/status.h"
#include "expr/expr.h"
#include "protocol/schema.h"

namespace deltaic {

/// Parses SQL predicate text as Spark does: = == <> != < <= > >= <=>, [NOT] IN (..), [NOT] BETWEEN
/// .. AND .., [NOT] LIKE, IS [NOT] NULL, IS [NOT] TRUE/FALSE, AND, OR, NOT, parentheses; names
/// bare, dotted, in `backticks` or "double quotes"; literals: integers, decimals, 1e3 doubles,
/// 'text' ('' is a quote), TRUE, FALSE, NULL, DATE '..', TIMESTAMP '..', TIMESTAMP_NTZ '..',
/// X'0aff', suffixes L S Y D F BD, a sign before a number; CAST(x AS type). Keywords in any case.
/// Nesting up to 200.
/// \retval kInvalidArgument  with the 1-based position and a caret line, and for a function this
/// build lacks, its name.
Result<ExprPtr> ParsePredicate(std::string_view sql);

/// As ParsePredicate, for what Expr::ToSql() wrote: nesting up to 600, since binding adds a cast,
/// and writing parentheses, to each level of what was parsed once.
Result<ExprPtr> ParseWrittenPredicate(std::string_view sql);

/// The type of a name as CAST takes it, or VARIANT. \retval kInvalidArgument
Result<DataTypePtr> ParseTypeName(std::string_view sql);

/// Columns with their types, as in CREATE TABLE: `code string, n decimal(20,0) NOT NULL`. Names as
/// in ParsePredicate, types as CAST takes them.
/// \retval kInvalidArgument  with the position; also for a name that repeats, ignoring case.
Result<SchemaPtr> ParseColumnList(std::string_view sql);

}  // namespace deltaic
