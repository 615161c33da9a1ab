#pragma once

#include <nanobind/nanobind.h>

namespace deltaic_python {

/// Adds `text_rows(stream)`: the rows as tuples of str or None, through deltaic_stream_as_text, and
/// `text_column(stream, without_prefix)`: the first column as strings less a prefix they have. For
/// listings in a Python without any Arrow package.
void BindTextRows(nanobind::module_& module);

}  // namespace deltaic_python
