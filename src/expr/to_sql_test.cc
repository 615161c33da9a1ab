#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "expr/decimal.h"
#include "expr/expr.h"
#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;

/// Random trees of any shape the language has, bound or not.
class TreeMaker {
 public:
  explicit TreeMaker(uint32_t seed) : engine_(seed) {}

  ExprPtr Make(int depth) {
    if (depth == 0) return Below(2) == 0 ? MakeColumn() : MakeLiteral();
    static constexpr Function kFunctions[] = {Function::kAnd,          Function::kOr,
                                              Function::kNot,          Function::kEqual,
                                              Function::kNotEqual,     Function::kLess,
                                              Function::kLessEqual,    Function::kGreater,
                                              Function::kGreaterEqual, Function::kNullSafeEqual,
                                              Function::kIsNull,       Function::kIsNotNull,
                                              Function::kIn,           Function::kLike,
                                              Function::kCast};
    const Function function = kFunctions[Below(std::size(kFunctions))];
    switch (function) {
      case Function::kNot:
      case Function::kIsNull:
      case Function::kIsNotNull:
        return Expr::Call(function, {Make(depth - 1)});
      case Function::kCast:
        // Of no literal: some of those are literals again.
        return Expr::Call(
            function, {depth == 1 ? MakeColumn() : Expr::Call(Function::kNot, {Make(depth - 1)})},
            MakeType());
      case Function::kAnd:
      case Function::kOr:
      case Function::kIn:
        return Expr::Call(function, MakeArgs(2 + Below(3), depth - 1));
      default:
        return Expr::Call(function, MakeArgs(2, depth - 1));
    }
  }

 private:
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(engine_); }
  int64_t AnyInt64() {
    return static_cast<int64_t>(std::uniform_int_distribution<uint64_t>()(engine_));
  }

  std::vector<ExprPtr> MakeArgs(size_t count, int depth) {
    std::vector<ExprPtr> args;
    for (size_t i = 0; i < count; ++i) args.push_back(Make(depth));
    return args;
  }

  ExprPtr MakeColumn() {
    static const std::vector<std::string> kNames = {
        "a",   "date",  "and",  "x",    "two words", "a.b",     "`", "\"",
        "1st", "größe", "NULL", "cast", "_",         "decimal", "'", "\n"};
    std::vector<std::string> path;
    for (size_t i = Below(3) + 1; i > 0; --i) path.push_back(kNames[Below(kNames.size())]);
    return Expr::Column(std::move(path));
  }

  DataTypePtr MakeType() {
    static constexpr TypeId kIds[] = {TypeId::kByte,      TypeId::kShort,  TypeId::kInteger,
                                      TypeId::kLong,      TypeId::kFloat,  TypeId::kDouble,
                                      TypeId::kString,    TypeId::kBinary, TypeId::kBoolean,
                                      TypeId::kTimestamp, TypeId::kDate,   TypeId::kTimestampNtz};
    const size_t pick = Below(std::size(kIds) + 1);
    if (pick < std::size(kIds)) return DataType::Primitive(kIds[pick]);
    const int precision = static_cast<int>(Below(38)) + 1;
    return DataType::Decimal(precision,
                             static_cast<int>(Below(static_cast<size_t>(precision) + 1)));
  }

  std::string MakeBytes() {
    static constexpr char kBytes[] = {'a', '\'', '\\', '%', '\n', '\xC3', '\0', '`', ' '};
    std::string bytes;
    for (size_t i = Below(5); i > 0; --i) bytes.push_back(kBytes[Below(std::size(kBytes))]);
    return bytes;
  }

  double MakeReal(bool is_float) {
    using Limits = std::numeric_limits<double>;
    static const std::vector<double> kReals = {0.0,
                                               -0.0,
                                               1.5,
                                               0.1,
                                               1e300,
                                               -1e-300,
                                               Limits::infinity(),
                                               -Limits::infinity(),
                                               Limits::quiet_NaN(),
                                               Limits::denorm_min()};
    const double real = kReals[Below(kReals.size())];
    return is_float
               ? (std::abs(real) == 1e300 ? 0.25 : static_cast<double>(static_cast<float>(real)))
               : real;
  }

  ExprPtr MakeLiteral() {
    const DataTypePtr type = MakeType();
    if (Below(8) == 0)
      return Expr::Literal({}, Below(2) == 0 ? type : DataType::Primitive(TypeId::kVoid));
    switch (type->id()) {
      case TypeId::kByte:
        return Expr::Literal(int64_t{static_cast<int8_t>(AnyInt64())}, type);
      case TypeId::kShort:
        return Expr::Literal(int64_t{static_cast<int16_t>(AnyInt64())}, type);
      case TypeId::kInteger:
        return Expr::Literal(int64_t{static_cast<int32_t>(AnyInt64())}, type);
      case TypeId::kDate:
        return Expr::Literal(int64_t{static_cast<int32_t>(AnyInt64())} >> Below(20), type);
      case TypeId::kLong:
      case TypeId::kTimestamp:
      case TypeId::kTimestampNtz:
        return Expr::Literal(AnyInt64() >> Below(20), type);
      case TypeId::kFloat:
      case TypeId::kDouble:
        return Expr::Literal(MakeReal(type->id() == TypeId::kFloat), type);
      case TypeId::kDecimal:
        return Expr::Literal(Int128{AnyInt64()} * AnyInt64() % PowerOfTen(type->precision()), type);
      case TypeId::kBoolean:
        return Expr::Literal(Below(2) == 0, type);
      default:
        return Expr::Literal(MakeBytes(), type);
    }
  }

  std::mt19937 engine_;
};

TEST(ToSql, ParsesBackToAnEqualTree) {
  TreeMaker maker(7);
  for (int i = 0; i < 5'000; ++i) {
    const ExprPtr expr = maker.Make(i % 5);
    const std::string sql = expr->ToSql();
    const Result<ExprPtr> parsed = ParsePredicate(sql);
    ASSERT_THAT(parsed, IsOk()) << sql;
    ASSERT_TRUE((*parsed)->Equals(*expr)) << sql << "\nagain: " << (*parsed)->ToSql();
  }
}

TEST(Equals, TellsValuesAndTypesApart) {
  const auto of = [](TypeId id) { return DataType::Primitive(id); };
  const ExprPtr one = Expr::Literal(int64_t{1}, of(TypeId::kInteger));
  EXPECT_TRUE(one->Equals(*Expr::Literal(int64_t{1}, of(TypeId::kInteger))));
  EXPECT_FALSE(one->Equals(*Expr::Literal(int64_t{1}, of(TypeId::kLong))));
  EXPECT_FALSE(one->Equals(*Expr::Literal(int64_t{2}, of(TypeId::kInteger))));
  EXPECT_FALSE(
      Expr::Literal(0.0, of(TypeId::kDouble))->Equals(*Expr::Literal(-0.0, of(TypeId::kDouble))));
  EXPECT_TRUE(Expr::Column({"a"})->Equals(*Expr::Column({"a"}, of(TypeId::kLong))));
  EXPECT_FALSE(Expr::Column({"a"})->Equals(*Expr::Column({"a", "b"})));
  EXPECT_FALSE(Expr::Call(Function::kCast, {one}, of(TypeId::kLong))
                   ->Equals(*Expr::Call(Function::kCast, {one}, of(TypeId::kByte))));
}

TEST(And, JoinsFlatAndSkipsNothing) {
  const ExprPtr a = Expr::Column({"a"});
  const ExprPtr b = Expr::Column({"b"});
  const ExprPtr c = Expr::Column({"c"});
  EXPECT_EQ(Expr::And(nullptr, a), a);
  EXPECT_EQ(Expr::And(a, nullptr), a);
  EXPECT_EQ(Expr::And(nullptr, nullptr), nullptr);
  EXPECT_EQ(Expr::And(Expr::And(a, b), c)->ToSql(), "a AND b AND c");
  EXPECT_EQ(Expr::And(Expr::And(a, b), c)->args().size(), 3u);
}

TEST(SplitConjunction, GoesThroughNestedAnds) {
  const ExprPtr expr = *ParsePredicate("a AND (b AND (c OR d)) AND NOT (e AND f)");
  const std::vector<ExprPtr> conditions = SplitConjunction(expr);
  ASSERT_EQ(conditions.size(), 4u);
  EXPECT_EQ(conditions[2]->ToSql(), "c OR d");
  EXPECT_EQ(conditions[3]->ToSql(), "NOT (e AND f)");
  EXPECT_TRUE(SplitConjunction(nullptr).empty());
}

TEST(ReferencedColumns, AreDistinct) {
  const ExprPtr expr = *ParsePredicate("a = 1 OR a = b.c AND CAST(d AS INT) IN (1, b.c)");
  EXPECT_EQ(ReferencedColumns(*expr),
            (std::set<std::vector<std::string>>{{"a"}, {"b", "c"}, {"d"}}));
}

}  // namespace
}  // namespace deltaic
