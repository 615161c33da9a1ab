#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deltaic/deltaic.hpp"

namespace deltaic::cli {

/// A stream's columns as text, read row by row through the Arrow C interface.
class TextRows {
 public:
  /// Takes `rows`; every column comes as display text.
  explicit TextRows(Stream rows);

  struct Column {
    std::string name;
    bool numeric;  ///< of a number type: aligned to the right
  };
  const std::vector<Column>& columns() const { return columns_; }
  /// Calls `row` with a cell each column until the rows end or it returns false.
  void ForEach(const std::function<bool(const std::vector<std::optional<std::string_view>>&)>& row);

 private:
  std::vector<Column> columns_;
  Stream texts_;
};

}  // namespace deltaic::cli
