#pragma once

#include "handles.h"

namespace deltaic_python {

/// Class Table.
struct Table {
  TableHandle handle;
  deltaic_table* get() const { return handle.get(); }
};

}  // namespace deltaic_python
