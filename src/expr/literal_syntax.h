#pragma once

#include <string_view>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// The literal that a number means: `5` integer, else long, else decimal; `1.50` decimal(3,2);
/// `1e3` double; with a suffix Y byte, S short, L long, F float, D double, BD decimal. A sign may
/// come first.
/// \retval kInvalidArgument  an unknown suffix, or out of range.
Result<ExprPtr> NumberLiteral(std::string_view text);

/// `word` (upper case) before a quoted text: DATE, TIMESTAMP, TIMESTAMP_LTZ, TIMESTAMP_NTZ, X.
/// \retval kInvalidArgument  another word, or text that is not of the type.
Result<ExprPtr> PrefixedLiteral(std::string_view word, std::string_view text);

/// The literal that a CAST of a literal stands for where it only states a type that has no literal
/// of its own (Expr::ToSql); else nullptr.
ExprPtr LiteralOfCast(const Expr& operand, const DataTypePtr& type);

/// The function that EXTRACT(field FROM x) stands for; empty for other fields.
std::string_view FunctionOfField(std::string_view field);

}  // namespace deltaic
