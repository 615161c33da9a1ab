#pragma once

#include <ruby.h>

#include "common/column_builder.h"

namespace deltaic_ruby {

/// The type that lib/deltaic/column_types.rb describes: [name, word, nullable, children], as in
/// ["price", "decimal(10,2)", true, []]. Raises Deltaic::InvalidArgumentError.
/// \param out  kept by something that is freed whatever is raised.
void ReadType(VALUE spec, deltaic_rows::ColumnType* out);

/// Appends `value` to a column, as what its type is.
/// \retval false  it does not fit; *misfit is then the value that does not, and `path` says where.
bool AppendValue(VALUE value, deltaic_rows::ColumnBuilder* column, VALUE* misfit, VALUE* path);

void InitRowAppender();

}  // namespace deltaic_ruby
