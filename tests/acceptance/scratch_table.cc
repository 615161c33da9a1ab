#include "acceptance/scratch_table.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/percent_encoding.h"

namespace deltaic {

namespace fs = std::filesystem;

ScratchTable::ScratchTable(const fs::path& table, const ConformanceCase& test) {
  std::string name = (fs::temp_directory_path() / "deltaic-conformance-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return;
  root_ = name;
  fs::copy(table, root_ / "delta", fs::copy_options::recursive);
  for (const auto& file : fs::directory_iterator(root_ / "delta/_delta_log")) {
    if (file.path().extension() == ".json") Replace(file.path(), test);
  }
}

ScratchTable::~ScratchTable() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string ScratchTable::ValueOf(const std::string& placeholder) const {
  if (placeholder == "{{TABLE_ROOT_URI}}") return "file://" + table().string();
  return PercentEncodePath((table() / "folder&with%special char").string());
}

void ScratchTable::Replace(const fs::path& file, const ConformanceCase& test) const {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  std::string content = text.str();
  for (const auto& [placeholder, description] : test.placeholders) {
    for (size_t at; (at = content.find(placeholder)) != std::string::npos;) {
      content.replace(at, placeholder.size(), ValueOf(placeholder));
    }
  }
  std::ofstream(file) << content;
}

}  // namespace deltaic
