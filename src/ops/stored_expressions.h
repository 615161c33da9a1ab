#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "expr/bind.h"
#include "expr/expr.h"
#include "expr/session.h"
#include "protocol/schema.h"

namespace deltaic {

/// Binds an expression that a table's metadata holds, in Spark's words.
/// \param what  it is, for messages: "CHECK constraint positive".
/// \param type  the value is cast to it where it is another; nullptr leaves it.
/// \retval kUnsupported  this build cannot evaluate it, with the reason.
Result<ExprPtr> BindStoredExpression(std::string_view sql, std::string_view what,
                                     const Schema& schema, const DataTypePtr& type = nullptr,
                                     const Session& session = {});

}  // namespace deltaic
