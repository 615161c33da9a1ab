#include "sync/ordered_keys.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace deltaic {
namespace {

struct Row {
  int64_t key;
  bool went;
};

template <typename Builder>
std::optional<MatchedRows> Match(const std::vector<Row>& rows) {
  Builder keys;
  arrow::BooleanBuilder went;
  // Behind a row that is sliced off, as arrays of batches may begin later.
  EXPECT_TRUE(keys.Append(7).ok() && went.Append(true).ok());
  for (const Row& row : rows) {
    EXPECT_TRUE(keys.Append(static_cast<typename Builder::value_type>(row.key)).ok());
    EXPECT_TRUE(went.Append(row.went).ok());
  }
  const auto key = (*keys.Finish())->Slice(1);
  const auto flags = std::static_pointer_cast<arrow::BooleanArray>((*went.Finish())->Slice(1));
  return MatchOrderedKeys(*key, *flags);
}

using Pairs = std::map<int64_t, std::pair<int64_t, int64_t>>;

/// By key: the row that went and the one that came, -1 for none.
Pairs PairsOf(const std::vector<Row>& rows, const MatchedRows& matched) {
  Pairs out;
  const auto key = [&rows](int64_t row) { return rows[static_cast<size_t>(row)].key; };
  for (const int64_t row : matched.deletes) out[key(row)] = {row, -1};
  for (const int64_t row : matched.inserts) out[key(row)] = {-1, row};
  for (const RowPair& pair : matched.kept) out[key(pair.one)] = {pair.one, pair.other};
  EXPECT_EQ(out.size(), matched.deletes.size() + matched.inserts.size() + matched.kept.size());
  return out;
}

TEST(MatchOrderedKeys, FindsWhatLookingUpFinds) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<Row>> pieces;
    for (const bool went : {true, false}) {
      std::vector<Row> rows;
      int64_t key = -100;
      for (uint64_t i = random() % 2000; i > 0; --i)
        rows.push_back({key += 1 + static_cast<int64_t>(random() % 2), went});
      while (!rows.empty()) {
        const size_t size = std::min<size_t>(rows.size(), 400);
        pieces.emplace_back(rows.end() - static_cast<ptrdiff_t>(size), rows.end());
        rows.resize(rows.size() - size);
      }
    }
    std::ranges::shuffle(pieces, random);
    std::vector<Row> rows;
    for (const auto& piece : pieces) rows.insert(rows.end(), piece.begin(), piece.end());
    Pairs expected;
    for (size_t i = 0; i < rows.size(); ++i) {
      auto& [was, is] = expected.try_emplace(rows[i].key, -1, -1).first->second;
      (rows[i].went ? was : is) = static_cast<int64_t>(i);
    }
    const auto matched =
        round % 2 == 0 ? Match<arrow::Int64Builder>(rows) : Match<arrow::Int32Builder>(rows);
    ASSERT_TRUE(matched.has_value()) << round;
    EXPECT_EQ(PairsOf(rows, *matched), expected);
  }
}

TEST(MatchOrderedKeys, LeavesTheRestToOthers) {
  std::vector<Row> rows;
  for (int64_t i = 0; i < 500; ++i) rows.push_back({i, true});
  const auto with = [&rows](std::vector<Row> more) {
    std::vector<Row> all = rows;
    all.insert(all.end(), more.begin(), more.end());
    return Match<arrow::Int64Builder>(all);
  };
  EXPECT_TRUE(with({{500, true}, {3, false}, {4, false}}).has_value());
  EXPECT_FALSE(with({{499, true}}).has_value()) << "twice, at the edge of pieces";
  EXPECT_FALSE(with({{17, true}}).has_value()) << "twice, within another piece";
  EXPECT_FALSE(with({{5, false}, {5, false}}).has_value());
  std::ranges::reverse(rows);
  EXPECT_FALSE(with({}).has_value()) << "too many pieces";
  EXPECT_FALSE(Match<arrow::Int16Builder>({{1, true}}).has_value()) << "a type that is left out";
  arrow::Int64Builder keys;
  ASSERT_TRUE(keys.AppendNull().ok());
  arrow::BooleanBuilder went;
  ASSERT_TRUE(went.Append(true).ok());
  const auto flags = std::static_pointer_cast<arrow::BooleanArray>(*went.Finish());
  EXPECT_FALSE(MatchOrderedKeys(**keys.Finish(), *flags).has_value());
}

}  // namespace
}  // namespace deltaic
