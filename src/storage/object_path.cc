#include "storage/object_path.h"

#include <algorithm>

namespace deltaic {
namespace {

Status Refuse(std::string_view path, std::string_view why) {
  return Status::InvalidArgument("path \"", path, "\" ", why);
}

}  // namespace

Status CheckObjectPath(std::string_view path) {
  if (path.empty()) return Status::InvalidArgument("the path of an object is empty");
  if (path.find('\0') != std::string_view::npos)
    return Refuse(path.substr(0, path.find('\0')), "has a NUL byte");
  if (path.front() == '/') return Refuse(path, "is absolute; it must be relative to the table");
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty()) return Refuse(path, "has an empty segment");
    if (segment == ".") return Refuse(path, "has a \".\" segment");
    if (segment == "..") return Refuse(path, "has a \"..\" segment; it must stay inside the table");
    begin = end + 1;
  }
  return Status();
}

Result<std::string_view> CheckFolderPath(std::string_view path) {
  if (path.empty()) return path;
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
  return path;
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : Concat(folder, '/', name);
}

}  // namespace deltaic
