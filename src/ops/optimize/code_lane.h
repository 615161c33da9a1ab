#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "ops/optimize/row_lane.h"

namespace deltaic {

/// The different texts of one column, numbered as they come, so that rows that wait for their order
/// carry two bytes each. Few texts and short ones: what exceeds that is loose, and its lane keeps
/// it. One thread at a time while CodesOf() is called, any number after it.
class TextCodes {
 public:
  static constexpr int16_t kNull = -1;
  static constexpr int16_t kLoose = -2;
  static constexpr size_t kMostTexts = 16 * 1024;
  static constexpr size_t kMostTextBytes = 1024;   ///< of one
  static constexpr size_t kMostBytes = 64 * 1024;  ///< of all, as in a page that scans like

  /// Whether arrays of the type have codes: dictionary<int32, utf8>.
  static bool Takes(const arrow::DataType& type);

  TextCodes();
  ~TextCodes();

  /// The code of each entry of a dictionary of texts. Valid until the next call.
  std::span<const int16_t> CodesOf(const std::shared_ptr<arrow::Array>& dictionary);
  /// Whether any entry was ever loose. Then texts are given back, else codes and their dictionary.
  bool has_loose() const { return has_loose_; }
  std::string_view TextAt(int16_t code) const;
  /// All texts in the order of their codes: the same object as long as none is added.
  const std::shared_ptr<arrow::Array>& texts() const { return texts_; }
  /// Makes texts() what it shall be. Not beside other calls.
  Status MakeTexts();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  int16_t CodeOf(std::string_view text);

  std::unordered_map<std::string, int16_t, Hash, std::equal_to<>> code_of_;
  std::vector<std::string_view> by_code_;  ///< into the map's keys, which stay where they are
  size_t num_bytes_ = 0;
  bool has_loose_ = false;
  std::shared_ptr<arrow::Array> mapped_;  ///< the dictionary of `codes_`
  std::vector<int16_t> codes_;
  std::shared_ptr<arrow::Array> texts_;
};

/// Codes for each column of a schema that they are for; nullptr for the others.
std::vector<std::shared_ptr<TextCodes>> ColumnCodes(const arrow::Schema& schema);

/// Texts that come as dictionaries. Gives dictionaries back, whose entries all lanes of the column
/// share, or texts where any is loose. MakeTexts() comes before Take().
std::unique_ptr<RowLane> MakeCodeLane(std::shared_ptr<TextCodes> codes);

}  // namespace deltaic
