#include "ops/written_file.h"

namespace deltaic {

Add WrittenFile::ToAdd() const {
  return Add{.path = path,
             .partition_values = partition_values,
             .size = size,
             .modification_time = modification_time,
             .data_change = true,
             .stats = stats,
             .tags = tags};
}

Add WrittenFile::ToRearrangedAdd() const {
  Add add = ToAdd();
  add.data_change = false;
  return add;
}

Cdc WrittenFile::ToCdc() const {
  return Cdc{.path = path,
             .partition_values = partition_values,
             .size = size,
             .data_change = false,
             .tags = tags};
}

std::vector<Add> ToAdds(const std::vector<WrittenFile>& files) {
  std::vector<Add> adds;
  adds.reserve(files.size());
  for (const WrittenFile& file : files) adds.push_back(file.ToAdd());
  return adds;
}

}  // namespace deltaic
