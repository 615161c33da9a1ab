#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "expr/function_definition.h"

namespace deltaic {

const DataTypePtr& TypeOf(TypeId id);  ///< a primitive type, shared

bool IsLiteral(const Expr& expr);
bool IsNullLiteral(const Expr& expr);

/// A null as a function's result.
Result<Value> NullValue();

/// "column a of type long", "a + 1 of type integer", for messages.
std::string Describe(const Expr& expr);

/// \retval kUnsupported  a column whose texts have a collation, which nothing here goes by.
Status CheckNoCollation(const StructField& field);

/// `expr` as a `type`, which CAST knows; a literal becomes another literal.
/// \param zone  the session's.
/// \retval kInvalidArgument  there is no such cast, or a literal does not fit.
Result<ExprPtr> CastTo(ExprPtr expr, const DataTypePtr& type, const TimeZonePtr& zone);

/// The type that the branches of CASE, COALESCE and the like share: CommonType, but text takes part
/// as what it stands beside (long, double, date...), as in Spark. \retval kInvalidArgument
Result<DataTypePtr> SharedType(std::span<const ExprPtr> args, std::string_view function);

/// The type in which text compares with a `type`, as in Spark: long for whole numbers, double for
/// others, else `type`; nullptr for nested types.
DataTypePtr TypeOfTextBeside(const DataTypePtr& type);

/// Checks the number of arguments, casts them as the function's signature says, sets the type of
/// the result, and lets its rule do the rest.
Status BindToSignature(CallBinding& call);

/// Makes all of `args` from `first` on one type; the type of the result, too.
Status BindToSharedType(CallBinding& call, size_t first);

}  // namespace deltaic
