#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Values of one column on their way to ranks: numbers that compare as the values do, or texts.
/// Nulls come first.
class RankKeys {
 public:
  /// \param values  of a primitive type. \retval kInvalidArgument  of a type without an order.
  static Result<RankKeys> Of(const std::shared_ptr<arrow::Array>& values);

  bool is_text() const { return text_ != nullptr || large_text_ != nullptr; }
  bool IsNull(int64_t i) const;
  uint64_t NumberAt(int64_t i) const { return numbers_[static_cast<size_t>(i)]; }
  std::string_view TextAt(int64_t i) const;
  int64_t length() const { return length_; }

 private:
  int64_t length_ = 0;
  std::shared_ptr<arrow::Array> array_;
  const arrow::BinaryArray* text_ = nullptr;  ///< array_, or nullptr
  const arrow::LargeBinaryArray* large_text_ = nullptr;
  std::vector<uint64_t> numbers_;
};

/// Ranks of a column's values by what a sample of them says: about as many rows have each rank,
/// other than those of values that are frequent. Ranks rise with values.
class RankColumn {
 public:
  /// Takes values into the sample.
  void Sample(const RankKeys& keys, int64_t row);
  /// Ends the sampling. \param bits  of a rank.
  void Seal(int bits);
  /// Ranks by their numbers: 0 is that of nulls.
  uint32_t num_ranks() const;
  uint32_t NumberOf(const RankKeys& keys, int64_t row) const;
  /// A rank has few bits where ranks are few, so that they spread over all that ranks may be.
  uint32_t RankAt(uint32_t number) const { return number << shift_; }
  uint32_t RankOf(const RankKeys& keys, int64_t row) const { return RankAt(NumberOf(keys, row)); }

 private:
  std::vector<uint64_t> numbers_;  ///< the sample; once sealed, bounds of ranks, ascending
  std::vector<std::string> texts_;
  int shift_ = 0;  ///< of ranks, where there are few
};

/// The column at `path` (names from the outermost in) of a batch; nulls of structs are nulls of
/// their members.
Result<std::shared_ptr<arrow::Array>> ColumnAt(const arrow::RecordBatch& batch,
                                               const std::vector<std::string>& path);

}  // namespace deltaic
