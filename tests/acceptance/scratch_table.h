#pragma once

#include <filesystem>
#include <string>

#include "acceptance/conformance_case.h"

namespace deltaic {

/// A copy of a table with the placeholders of its log replaced, removed at the end.
class ScratchTable {
 public:
  ScratchTable(const std::filesystem::path& table, const ConformanceCase& test);
  ~ScratchTable();
  ScratchTable(const ScratchTable&) = delete;
  ScratchTable& operator=(const ScratchTable&) = delete;

  std::filesystem::path table() const { return root_ / "delta"; }

 private:
  std::string ValueOf(const std::string& placeholder) const;
  void Replace(const std::filesystem::path& file, const ConformanceCase& test) const;

  std::filesystem::path root_;
};

}  // namespace deltaic
