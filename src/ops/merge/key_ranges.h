#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace deltaic {

/// Rows of the least and the greatest key of a range.
struct KeyRange {
  int64_t least = 0;
  int64_t greatest = 0;
};

/// Ranges that hold all keys, ascending and apart: what lies in the wide gaps between keys can be
/// passed over. A source of old keys and new ones is the rule, and there is most of the table
/// between both.
/// \param keys  an array; nulls are in no range. \param most  ranges to give, at least 1.
/// \return empty where all are null, or where the type is none of whole numbers, dates and times.
std::vector<KeyRange> FindKeyRanges(const arrow::Array& keys, size_t most);

}  // namespace deltaic
