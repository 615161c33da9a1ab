#include "data/write/dictionary_choice.h"

#include <arrow/record_batch.h>
#include <arrow/type_traits.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace deltaic {

namespace {

/// Fewer rows tell too little of the rest.
constexpr int64_t kMinSampleRows = 8 * 1024;
/// A dictionary that would outgrow Parquet's limit by less is kept: it is given up late.
constexpr double kToleratedExcess = 1.5;
/// What an entry of a string takes besides its bytes.
constexpr double kStringOverhead = 4;

/// Counts distinct values: each sets a bit that its hash picks, and the share of bits set tells how
/// many there were.
class DistinctCounter {
 public:
  DistinctCounter() : bits_(kNumBits / 64) {}

  void Clear() {
    std::fill(bits_.begin(), bits_.end(), 0);
    num_set_ = 0;
  }

  void Add(uint64_t hash) {
    const uint64_t position = (hash * 0x9E3779B97F4A7C15) >> (64 - kLogBits);
    uint64_t& word = bits_[position / 64];
    const uint64_t bit = uint64_t{1} << (position % 64);
    num_set_ += (word & bit) == 0 ? 1 : 0;
    word |= bit;
  }

  double Count() const { return -kNumBits * std::log1p(-static_cast<double>(num_set_) / kNumBits); }

 private:
  static constexpr int kLogBits = 20;
  static constexpr int64_t kNumBits = int64_t{1} << kLogBits;

  std::vector<uint64_t> bits_;
  int64_t num_set_ = 0;
};

/// Calls `visit` with a hash of each value; slots of nulls count too. False for a type whose
/// dictionary is left to Parquet.
template <typename Visit>
bool VisitHashes(const arrow::ArrayData& data, Visit visit) {
  if (data.type->id() == arrow::Type::STRING || data.type->id() == arrow::Type::BINARY) {
    const auto* offsets = data.GetValues<int32_t>(1);
    const char* bytes = data.GetValues<char>(2, 0);
    for (int64_t i = 0; i < data.length; ++i) {
      const auto size = static_cast<size_t>(offsets[i + 1] - offsets[i]);
      visit(std::hash<std::string_view>()({size == 0 ? "" : bytes + offsets[i], size}));
    }
    return true;
  }
  if (data.type->id() == arrow::Type::DICTIONARY) return false;
  if (!arrow::is_fixed_width(*data.type) || data.type->bit_width() % 32 != 0) return false;
  const auto width = static_cast<size_t>(data.type->byte_width());
  const uint8_t* values = data.GetValues<uint8_t>(1, data.offset * static_cast<int64_t>(width));
  for (int64_t i = 0; i < data.length; ++i, values += width) {
    uint64_t low = 0;
    std::memcpy(&low, values, std::min(width, sizeof(low)));
    uint64_t high = 0;
    if (width > sizeof(low)) std::memcpy(&high, values + sizeof(low), sizeof(high));
    visit(low ^ (high * 31));
  }
  return true;
}

/// What the dictionary would take after `num_rows` rows. New values come ever more seldom, each
/// part of the rows bringing the same share of what the part before brought.
double DictionaryBytes(const arrow::ArrayData& data, int64_t num_rows, DistinctCounter& counter) {
  const int64_t part_rows = data.length / 2;
  int64_t row = 0;
  double first_part = 0;
  counter.Clear();
  const bool is_known = VisitHashes(data, [&](uint64_t hash) {
    if (row++ == part_rows) first_part = counter.Count();
    counter.Add(hash);
  });
  if (!is_known) return 0;
  const double share = std::clamp((counter.Count() - first_part) / first_part, 0.0, 1.0);
  const double parts = static_cast<double>(num_rows) / static_cast<double>(part_rows);
  const double growth = share > 0.999 ? parts : (1 - std::pow(share, parts)) / (1 - share);
  double value_bytes = kStringOverhead;
  if (data.type->id() == arrow::Type::STRING || data.type->id() == arrow::Type::BINARY) {
    const auto* offsets = data.GetValues<int32_t>(1);
    value_bytes +=
        static_cast<double>(offsets[data.length] - offsets[0]) / static_cast<double>(data.length);
  } else {
    value_bytes = data.type->byte_width();
  }
  return first_part * growth * value_bytes;
}

}  // namespace

std::shared_ptr<parquet::WriterProperties> ChooseDictionaries(
    const DataFileLayout& layout, const arrow::RecordBatch& first_rows) {
  const int64_t num_rows = layout.options.max_rows_per_group;
  if (!layout.options.dictionary || first_rows.num_rows() < kMinSampleRows ||
      first_rows.num_rows() > num_rows) {
    return layout.writer_properties;
  }
  parquet::SchemaDescriptor schema;
  schema.Init(layout.parquet_schema);
  parquet::WriterProperties::Builder properties(*layout.writer_properties);
  const double limit =
      kToleratedExcess * static_cast<double>(layout.writer_properties->dictionary_pagesize_limit());
  DistinctCounter counter;
  for (size_t i = 0; i < layout.leaves.size(); ++i) {
    const std::vector<int>& path = layout.leaves[i].path;
    if (path.size() > 1 || layout.leaves[i].keep_dictionary) continue;
    const auto& values = first_rows.column_data(path[0]);
    if (DictionaryBytes(*values, num_rows, counter) > limit) {
      properties.disable_dictionary(schema.Column(static_cast<int>(i))->path());
    }
  }
  return properties.build();
}

}  // namespace deltaic
