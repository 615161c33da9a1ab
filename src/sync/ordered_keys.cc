#include "sync/ordered_keys.h"

#include <arrow/api.h>

#include <algorithm>
#include <queue>
#include <utility>

namespace deltaic {
namespace {

/// Shorter pieces than this, on average, are no order.
constexpr int64_t kMinRowsOfPiece = 64;

/// Rows [begin, end) whose keys ascend.
struct Piece {
  int64_t begin, end;
};
using Pieces = std::vector<Piece>;

template <typename Key>
class OrderedMatch {
 public:
  OrderedMatch(const arrow::Array& key, const arrow::BooleanArray& went)
      : keys_(key.data()->GetValues<Key>(1)), went_(went) {}

  std::optional<MatchedRows> Run() {
    if (!FindPieces() || !Sort(sides_[0]) || !Sort(sides_[1])) return std::nullopt;
    return Match();
  }

 private:
  bool FindPieces() {
    const int64_t num_rows = went_.length();
    const int64_t max_pieces = num_rows / kMinRowsOfPiece + 2;
    for (int64_t begin = 0; begin < num_rows;) {
      const bool went = went_.Value(begin);
      int64_t end = begin + 1;
      while (end < num_rows && keys_[end - 1] < keys_[end] && went_.Value(end) == went) ++end;
      sides_[went ? 0 : 1].push_back({begin, end});
      if (static_cast<int64_t>(sides_[0].size() + sides_[1].size()) > max_pieces) return false;
      begin = end;
    }
    return true;
  }

  /// Sorts pieces, and cuts one in which another belongs: rows that were far apart may stand side
  /// by side.
  /// \return false where a key is there twice, or the pieces become too many.
  bool Sort(Pieces& pieces) const {
    const auto is_later = [this](const Piece& one, const Piece& other) {
      return keys_[one.begin] > keys_[other.begin];
    };
    std::priority_queue<Piece, Pieces, decltype(is_later)> open(is_later, std::move(pieces));
    const size_t max_pieces = 2 * open.size();
    pieces.clear();
    while (!open.empty()) {
      const Piece piece = open.top();
      open.pop();
      int64_t end = piece.end;
      if (!open.empty() && keys_[piece.end - 1] >= keys_[open.top().begin]) {
        const Key next = keys_[open.top().begin];
        end = std::lower_bound(keys_ + piece.begin, keys_ + piece.end, next) - keys_;
        if (keys_[end] == next) return false;
        open.push({end, piece.end});
      }
      pieces.push_back({piece.begin, end});
      if (pieces.size() > max_pieces) return false;
    }
    return true;
  }

  /// Goes through the rows of some pieces.
  struct Walk {
    const Pieces& pieces;
    size_t piece = 0;
    int64_t row = pieces.empty() ? 0 : pieces[0].begin;
    bool has_row() const { return piece < pieces.size(); }
    void Advance() {
      if (++row < pieces[piece].end) return;
      if (++piece < pieces.size()) row = pieces[piece].begin;
    }
  };

  MatchedRows Match() const {
    MatchedRows out;
    Walk was{sides_[0]}, is{sides_[1]};
    while (was.has_row() || is.has_row()) {
      if (was.has_row() && is.has_row() && keys_[was.row] == keys_[is.row]) {
        out.kept.push_back({was.row, is.row});
        was.Advance();
        is.Advance();
      } else if (!is.has_row() || (was.has_row() && keys_[was.row] < keys_[is.row])) {
        out.deletes.push_back(was.row);
        was.Advance();
      } else {
        out.inserts.push_back(is.row);
        is.Advance();
      }
    }
    return out;
  }

  const Key* const keys_;
  const arrow::BooleanArray& went_;
  Pieces sides_[2];  ///< of the rows that went, and of those that came
};

}  // namespace

std::optional<MatchedRows> MatchOrderedKeys(const arrow::Array& key,
                                            const arrow::BooleanArray& went) {
  if (key.null_count() > 0) return std::nullopt;
  switch (key.type_id()) {
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      return OrderedMatch<int32_t>(key, went).Run();
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP:
      return OrderedMatch<int64_t>(key, went).Run();
    default:
      return std::nullopt;
  }
}

}  // namespace deltaic
