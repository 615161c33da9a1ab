#pragma once

#include "expr/expr.h"

/// Handle of a predicate tree.
struct deltaic_expr {
  deltaic::ExprPtr expr;
};
