#include "protocol/actions.h"

namespace deltaic {

std::string DeletionVectorDescriptor::UniqueId() const {
  std::string id = storage_type + path_or_inline_dv;
  if (offset) {
    id.push_back('@');
    id += std::to_string(*offset);
  }
  return id;
}

}  // namespace deltaic
