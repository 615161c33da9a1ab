#include "ops/doctor/range_overlap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>

#include "expr/skipping.h"

namespace deltaic {
namespace {

bool IsLess(const Value& a, const Value& b) { return CompareValues(a, b) < 0; }

/// How many bytes all texts among the bounds begin with.
size_t CommonPrefix(std::span<const ValueRange> ranges) {
  const std::string* first = nullptr;
  size_t common = std::string::npos;
  const auto take = [&](const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return;
    if (first == nullptr) first = text;
    const auto differ = std::ranges::mismatch(*first, *text).in1 - first->begin();
    common = std::min(common, static_cast<size_t>(differ));
  };
  for (const ValueRange& range : ranges) {
    take(range.min);
    take(range.max);
  }
  return first == nullptr ? 0 : common;
}

/// Of a text, its next bytes after `prefix` as a number.
double PlaceOnLine(const Value& value, size_t prefix) {
  if (const auto* number = std::get_if<int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* decimal = std::get_if<Int128>(&value)) return static_cast<double>(*decimal);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return 0;
  double place = 0;
  for (size_t i = prefix; i < prefix + 6; ++i) {
    place = place * 256 + (i < text->size() ? static_cast<unsigned char>((*text)[i]) : 0);
  }
  return place;
}

/// In how many ranges, all of one partition, the middle of each lies; summed up.
int64_t SumOfDepths(std::span<const ValueRange> ranges) {
  const size_t prefix = CommonPrefix(ranges);
  std::vector<double> begins, ends, middles;
  for (const ValueRange& range : ranges) {
    begins.push_back(PlaceOnLine(range.min, prefix));
    ends.push_back(PlaceOnLine(range.max, prefix));
    middles.push_back(std::midpoint(begins.back(), ends.back()));
  }
  std::ranges::sort(begins);
  std::ranges::sort(ends);
  int64_t sum = 0;
  for (const double middle : middles) {
    const auto begun = std::ranges::upper_bound(begins, middle) - begins.begin();
    const auto ended = std::ranges::lower_bound(ends, middle) - ends.begin();
    sum += std::max<int64_t>(begun - ended, 1);
  }
  return sum;
}

}  // namespace

std::optional<double> ShareRead(std::vector<ValueRange> ranges) {
  // NaN is no place on a line.
  std::erase_if(ranges, [](const ValueRange& range) {
    return std::isnan(PlaceOnLine(range.min, 0)) || std::isnan(PlaceOnLine(range.max, 0));
  });
  std::ranges::stable_sort(ranges, {}, &ValueRange::partition);
  double share_sum = 0;
  int64_t counted = 0;
  for (size_t begin = 0; begin < ranges.size();) {
    size_t end = begin;
    while (end < ranges.size() && ranges[end].partition == ranges[begin].partition) ++end;
    const auto count = static_cast<int64_t>(end - begin);
    if (count > 1) {
      const auto sum = SumOfDepths(std::span(ranges).subspan(begin, end - begin));
      share_sum += static_cast<double>(sum) / static_cast<double>(count);
      counted += count;
    }
    begin = end;
  }
  if (counted == 0) return std::nullopt;
  return share_sum / static_cast<double>(counted);
}

std::vector<std::pair<double, double>> PlacesOf(std::vector<ValueRange> ranges, size_t most) {
  std::vector<Value> bounds;
  for (const ValueRange& range : ranges) {
    bounds.push_back(range.min);
    bounds.push_back(range.max);
  }
  std::ranges::sort(bounds, IsLess);
  const auto same = std::ranges::unique(
      bounds, [](const Value& a, const Value& b) { return CompareValues(a, b) == 0; });
  bounds.erase(same.begin(), same.end());
  const double last = bounds.size() > 1 ? static_cast<double>(bounds.size() - 1) : 1;
  const auto place_of = [&](const Value& value) {
    return static_cast<double>(std::ranges::lower_bound(bounds, value, IsLess) - bounds.begin()) /
           last;
  };
  std::vector<std::pair<double, double>> out;
  const size_t step = std::max<size_t>(1, (ranges.size() + most - 1) / std::max<size_t>(most, 1));
  std::ranges::sort(ranges, [](const ValueRange& a, const ValueRange& b) {
    const int by_min = CompareValues(a.min, b.min);
    return by_min != 0 ? by_min < 0 : CompareValues(a.max, b.max) < 0;
  });
  for (size_t i = 0; i < ranges.size(); i += step) {
    out.emplace_back(place_of(ranges[i].min), place_of(ranges[i].max));
  }
  return out;
}

}  // namespace deltaic
