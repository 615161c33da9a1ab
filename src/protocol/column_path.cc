#include "protocol/column_path.h"

#include <utility>

#include "base/ascii.h"

namespace deltaic {

Result<std::vector<std::string>> ParseColumnPath(std::string_view text) {
  const auto bad = [&] {
    return Status::InvalidArgument("'", text.substr(0, 100),
                                   "' is not a column such as a.b or `dotted.name`.b");
  };
  std::vector<std::string> names;
  size_t i = 0;
  while (true) {
    std::string name;
    if (i < text.size() && text[i] == '`') {
      for (++i;; ++i) {
        if (i >= text.size()) return bad();
        if (text[i] == '`' && (i + 1 >= text.size() || text[i + 1] != '`')) break;
        if (text[i] == '`') ++i;
        name += text[i];
      }
      ++i;
    } else {
      for (; i < text.size() && text[i] != '.'; ++i) {
        if (text[i] == '`' || text[i] == ',') return bad();
        name += text[i];
      }
    }
    if (name.empty()) return bad();
    names.push_back(std::move(name));
    if (i == text.size()) return names;
    if (text[i] != '.') return bad();
    ++i;
  }
}

Result<std::vector<std::string>> SplitColumnList(std::string_view text) {
  std::vector<std::string> columns;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '`') quoted = !quoted;
    if (i < text.size() && (text[i] != ',' || quoted)) continue;
    const std::string_view column = TrimSpace(text.substr(start, i - start));
    DELTAIC_RETURN_IF_ERROR(ParseColumnPath(column));
    columns.emplace_back(column);
    start = i + 1;
  }
  return columns;
}

}  // namespace deltaic
