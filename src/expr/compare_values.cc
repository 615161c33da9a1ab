#include <cmath>
#include <cstdint>
#include <string>

#include "expr/skipping.h"

namespace deltaic {
namespace {

template <typename T>
int CompareOrdered(const T& left, const T& right) {
  return left < right ? -1 : (right < left ? 1 : 0);
}

int CompareDoubles(double left, double right) {
  if (std::isnan(left) || std::isnan(right)) {
    return CompareOrdered(std::isnan(left), std::isnan(right));
  }
  return CompareOrdered(left, right);
}

}  // namespace

int CompareValues(const Value& left, const Value& right) {
  if (left.index() != right.index()) return CompareOrdered(left.index(), right.index());
  if (const auto* value = std::get_if<bool>(&left)) {
    return CompareOrdered(*value, std::get<bool>(right));
  }
  if (const auto* value = std::get_if<int64_t>(&left)) {
    return CompareOrdered(*value, std::get<int64_t>(right));
  }
  if (const auto* value = std::get_if<double>(&left)) {
    return CompareDoubles(*value, std::get<double>(right));
  }
  if (const auto* value = std::get_if<Int128>(&left)) {
    return CompareOrdered(*value, std::get<Int128>(right));
  }
  if (const auto* value = std::get_if<std::string>(&left)) {
    // char_traits<char> compares as unsigned bytes.
    const int order = value->compare(std::get<std::string>(right));
    return order < 0 ? -1 : (order > 0 ? 1 : 0);
  }
  return 0;
}

}  // namespace deltaic
