#pragma once

#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"

namespace deltaic {

/// Checks the rules that a new table, or a changed one, has for its rows: that every constraint,
/// invariant, generated column and default can be evaluated, that generated columns stand on plain
/// columns, and that identity columns are whole.
/// \retval kInvalidArgument  naming the rule and what is wrong with it.
Status CheckTableRules(const Schema& schema, const StringMap& configuration);

}  // namespace deltaic
