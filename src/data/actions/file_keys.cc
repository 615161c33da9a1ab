#include "data/actions/file_keys.h"

#include <arrow/api.h>

namespace deltaic {

FileKeyColumns::FileKeyColumns(const arrow::Array& path_column,
                               const arrow::Array* deletion_vectors)
    : dv_ids(path_column.length()) {
  const auto& texts = static_cast<const arrow::StringArray&>(path_column);
  paths.reserve(texts.length());
  for (int64_t i = 0; i < texts.length(); ++i) paths.push_back(texts.GetView(i));
  if (deletion_vectors == nullptr || deletion_vectors->null_count() == deletion_vectors->length())
    return;

  const auto& parts = static_cast<const arrow::StructArray&>(*deletion_vectors);
  const auto types = std::static_pointer_cast<arrow::StringArray>(parts.field(0));
  const auto names = std::static_pointer_cast<arrow::StringArray>(parts.field(1));
  const auto offsets = std::static_pointer_cast<arrow::Int32Array>(parts.field(2));
  std::vector<size_t> ends(parts.length());
  for (int64_t i = 0; i < parts.length(); ++i) {
    if (parts.IsValid(i)) {
      dv_text.append(types->GetView(i)).append(names->GetView(i));
      if (offsets->IsValid(i)) dv_text.append("@").append(std::to_string(offsets->Value(i)));
    }
    ends[i] = dv_text.size();
  }
  for (size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++]) {
    dv_ids[i] = std::string_view(dv_text).substr(begin, ends[i] - begin);
  }
}

}  // namespace deltaic
