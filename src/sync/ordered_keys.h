#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "sync/row_equality.h"

namespace deltaic {

/// Rows that went and rows that came, matched by key.
struct MatchedRows {
  std::vector<int64_t> deletes, inserts;  ///< rows whose key is on one side alone
  std::vector<RowPair> kept;              ///< was, is
};

/// Matches rows without looking keys up, where both sides are in the order of their keys but for
/// pieces that stand elsewhere: as jobs write them that make a table anew, in files or row groups
/// that are read at once. That order shows, too, that no side has a key twice.
///
/// \param key  the only key column; nullopt where it has a null or is not of whole numbers, dates
///     or times.
/// \param went  of each row: whether it went, else it came.
/// \return nullopt where the keys are in no such order.
std::optional<MatchedRows> MatchOrderedKeys(const arrow::Array& key,
                                            const arrow::BooleanArray& went);

}  // namespace deltaic
