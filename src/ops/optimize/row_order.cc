#include "ops/optimize/row_order.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

namespace deltaic {
namespace {

/// Digits of places: large ones mean few passes, and yet counts that stay in the nearest cache.
constexpr int kDigitBits = 11;
constexpr size_t kDigits = size_t{1} << kDigitBits;

struct PlacedRow {
  uint64_t place;
  uint32_t row;
};

size_t DigitOf(uint64_t place, int shift) { return (place >> shift) & (kDigits - 1); }

/// Orders rows by one digit, otherwise as they are.
void PassBy(int shift, std::span<const PlacedRow> from, std::span<PlacedRow> to) {
  std::array<size_t, kDigits> next{};
  for (const PlacedRow& row : from) ++next[DigitOf(row.place, shift)];
  std::exclusive_scan(next.begin(), next.end(), next.begin(), size_t{0});
  for (const PlacedRow& row : from) to[next[DigitOf(row.place, shift)]++] = row;
}

}  // namespace

void OrderRows(std::span<const int64_t> places, std::vector<uint32_t>& order) {
  order.resize(places.size());
  if (places.empty()) return;
  // What all places have in common need not be sorted by: of a part of a curve, mostly the upper
  // bits.
  const auto least = static_cast<uint64_t>(*std::ranges::min_element(places));
  uint64_t largest = 0;
  std::vector<PlacedRow> rows(places.size()), other(places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    rows[i] = {static_cast<uint64_t>(places[i]) - least, static_cast<uint32_t>(i)};
    largest = std::max(largest, rows[i].place);
  }
  for (int shift = 0; shift < 64 && (largest >> shift) != 0; shift += kDigitBits) {
    PassBy(shift, rows, other);
    rows.swap(other);
  }
  std::ranges::transform(rows, order.begin(), &PlacedRow::row);
}

}  // namespace deltaic
