#pragma once

#include <optional>
#include <string>
#include <vector>

namespace deltaic::cli {

/// Rows of text, printed with aligned columns that fit the terminal.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string name;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// A cell each column; nullopt prints as a dim "null".
  void Add(std::vector<std::optional<std::string>> cells) { rows_.push_back(std::move(cells)); }
  size_t num_rows() const { return rows_.size(); }
  /// The table as text. On a terminal the widest columns are cut until all fit, and columns that
  /// cannot be shown at a readable width are left out and counted in a line below.
  std::string Render(int terminal_width) const;

 private:
  std::vector<int> NaturalWidths() const;
  std::vector<Column> columns_;
  std::vector<std::vector<std::optional<std::string>>> rows_;
};

/// "1,234,567".
std::string GroupedNumber(int64_t value);
/// "1.4 MB": decimal units, as storage bills have them.
std::string HumanBytes(int64_t bytes);
/// "2024-01-31 10:00:00Z" of milliseconds since 1970-01-01 UTC.
std::string HumanTime(int64_t timestamp_ms);

}  // namespace deltaic::cli
