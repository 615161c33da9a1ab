// Random predicates over random rows: a plain row by row model beside EvaluatePredicate, MayMatch
// and AlwaysMatches.

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "data/row_filter.h"
#include "data/value_arrays.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "expr/skipping.h"
#include "expr/value_cast.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct TestColumn {
  std::vector<std::string> path;
  DataTypePtr type;
  std::vector<Value> pool;            ///< what rows hold
  std::vector<std::string> literals;  ///< what predicates compare it with
};

DataTypePtr Of(TypeId id) { return DataType::Primitive(id); }

const std::vector<TestColumn>& Columns() {
  using I = int64_t;
  static const std::vector<std::string> kNumbers = {"0",
                                                    "1",
                                                    "-1",
                                                    "2.5",
                                                    "127",
                                                    "1000",
                                                    "1e0",
                                                    "-0.0",
                                                    "NULL",
                                                    "'1'",
                                                    "0.1",
                                                    "1e300",
                                                    "5L",
                                                    "16777217",
                                                    "0.1F",
                                                    "CAST('NaN' AS DOUBLE)",
                                                    "9007199254740993",
                                                    "CAST('-Infinity' AS DOUBLE)"};
  static const std::vector<std::string> kReals = {
      "0", "1.5", "'NaN'", "'Infinity'", "-0e0", "NULL", "1e300", "0.1", "0.1F", "16777217", "2.5"};
  static const std::vector<std::string> kTexts = {"''",         "'a'",  "'ab'", "'abc'", "'b'",
                                                  "'\xC3\xB1'", "NULL", "'1'",  "'zz'"};
  static const std::vector<std::string> kTimes = {"DATE '1970-01-01'",
                                                  "'1970-01-02'",
                                                  "TIMESTAMP '1970-01-01 12:00:00'",
                                                  "'1969-12-31'",
                                                  "TIMESTAMP_NTZ '1970-01-02 00:00:00'",
                                                  "NULL"};
  const I kDay = kMicrosPerDay;
  static const std::vector<TestColumn> columns = {
      {{"b"}, Of(TypeId::kByte), {I{0}, I{1}, I{-1}, I{127}, I{-128}}, kNumbers},
      {{"i"},
       Of(TypeId::kInteger),
       {I{0}, I{1}, I{-1}, I{1000}, I{2147483647}, I{16777217}},
       kNumbers},
      {{"id"},
       Of(TypeId::kLong),
       {I{0}, I{1}, I{5}, I{9007199254740992}, I{9007199254740993}, std::numeric_limits<I>::min()},
       kNumbers},
      {{"f"},
       Of(TypeId::kFloat),
       {0.0, -0.0, 1.5, kNan, kInfinity, double{0.1F}, 16777216.0},
       kReals},
      {{"d"}, Of(TypeId::kDouble), {0.0, -0.0, 1.5, kNan, -kInfinity, 0.1, 1e300}, kReals},
      {{"dec"},
       DataType::Decimal(10, 2),
       {Int128{0}, Int128{100}, Int128{-155}, Int128{9999999999}, Int128{10}},
       kNumbers},
      {{"wide"},
       DataType::Decimal(20, 0),
       {Int128{0}, Int128{1}, Int128{-1}, Int128{9007199254740993}},
       kNumbers},
      {{"s"},
       Of(TypeId::kString),
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("1"),
        std::string("\xC3\xB1x")},
       kTexts},
      {{"t"},
       Of(TypeId::kString),
       {std::string("ab"), std::string("abb"), std::string("b")},
       kTexts},
      {{"raw"},
       Of(TypeId::kBinary),
       {std::string(), std::string("\xFF"), std::string("a")},
       {"X''", "X'ff'", "'a'", "NULL"}},
      {{"ok"}, Of(TypeId::kBoolean), {true, false}, {"TRUE", "FALSE", "NULL", "'true'"}},
      {{"day"}, Of(TypeId::kDate), {I{0}, I{1}, I{-1}}, kTimes},
      {{"at"}, Of(TypeId::kTimestamp), {I{0}, kDay, -kDay, I{1}, kDay / 2}, kTimes},
      {{"local"}, Of(TypeId::kTimestampNtz), {I{0}, kDay, I{-1}, kDay / 2}, kTimes},
      {{"point", "x"}, Of(TypeId::kShort), {I{0}, I{1}, I{-1}}, kNumbers},
      {{"point", "name"}, Of(TypeId::kString), {std::string("a"), std::string("b")}, kTexts},
  };
  return columns;
}

SchemaPtr TestSchema() {
  std::vector<StructField> fields;
  std::vector<StructField> members;
  for (const TestColumn& column : Columns()) {
    auto& level = column.path.size() == 1 ? fields : members;
    level.push_back({column.path.back(), column.type, true, {}});
  }
  fields.push_back({"point", DataType::Struct(members), true, {}});
  return DataType::Struct(fields);
}

/// Rows by column, in the order of Columns().
using Rows = std::vector<std::vector<Value>>;

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(engine_); }
  bool OneIn(size_t n) { return Below(n) == 0; }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

 private:
  std::mt19937 engine_;
};

/// SQL text; not all of it binds.
class PredicateMaker {
 public:
  explicit PredicateMaker(Random& random) : random_(random) {}

  std::string Condition(int depth) {
    if (depth > 0) {
      switch (random_.Below(5)) {
        case 0:
          return "(" + Condition(depth - 1) + " AND " + Condition(depth - 1) + ")";
        case 1:
          return "(" + Condition(depth - 1) + " OR " + Condition(depth - 1) + ")";
        case 2:
          return "NOT (" + Condition(depth - 1) + ")";
        case 3:
          if (random_.OneIn(4)) return "((" + Condition(depth - 1) + ") IS NULL)";
          if (random_.OneIn(4)) return "((" + Condition(depth - 1) + ") IS TRUE)";
          break;
        default:
          break;
      }
    }
    return Test(random_.Pick(Columns()));
  }

 private:
  std::string Test(const TestColumn& column) {
    const std::string name = Operand(column);
    static const std::vector<std::string> kOperators = {"=", "<>", "<", "<=", ">", ">=", "<=>"};
    switch (random_.Below(9)) {
      case 0:
        return name + (random_.OneIn(2) ? " IS NULL" : " IS NOT NULL");
      case 1:
        return In(column, name);
      case 2:
        return name + " BETWEEN " + random_.Pick(column.literals) + " AND " +
               random_.Pick(column.literals);
      case 3:
        if (column.type->id() == TypeId::kString) return name + Like();
        return name + " <=> NULL";
      case 4:
        return name + " " + random_.Pick(kOperators) + " " + Operand(random_.Pick(Columns()));
      case 5:
        return random_.Pick(column.literals) + " " + random_.Pick(kOperators) + " " + name;
      default:
        return name + " " + random_.Pick(kOperators) + " " + random_.Pick(column.literals);
    }
  }

  std::string Operand(const TestColumn& column) {
    static const std::vector<std::string> kTypes = {"BIGINT",        "INT",    "DOUBLE",    "FLOAT",
                                                    "DECIMAL(12,1)", "STRING", "TIMESTAMP", "DATE",
                                                    "TIMESTAMP_NTZ", "BOOLEAN"};
    const std::string name = Expr::Column(column.path)->ToSql();
    return random_.OneIn(8) ? "CAST(" + name + " AS " + random_.Pick(kTypes) + ")" : name;
  }

  std::string In(const TestColumn& column, const std::string& name) {
    std::string out = name + (random_.OneIn(3) ? " NOT IN (" : " IN (");
    for (size_t i = random_.Below(3) + 1; i > 0; --i) {
      out += random_.OneIn(8) ? Operand(random_.Pick(Columns())) : random_.Pick(column.literals);
      out += i > 1 ? ", " : ")";
    }
    return out;
  }

  std::string Like() {
    static const std::vector<std::string> kPatterns = {
        "''", "'%'", "'a%'", "'ab%'", "'_'", "'a'", "'%b'", "'a_%'", "NULL", "'\\%'", "'_x'"};
    return (random_.OneIn(3) ? " NOT LIKE " : " LIKE ") + random_.Pick(kPatterns);
  }

  Random& random_;
};

/// Evaluates one row. Comparisons are written out again; casts of single values have tests of their
/// own.
class RowModel {
 public:
  explicit RowModel(const std::map<std::vector<std::string>, Value>& row) : row_(row) {}

  bool failed() const { return failed_; }

  Value Evaluate(const Expr& expr) {
    if (expr.kind() == ExprKind::kLiteral) return expr.value();
    if (expr.kind() == ExprKind::kColumn) return row_.at(expr.path());
    std::vector<Value> args;
    for (const ExprPtr& arg : expr.args()) args.push_back(Evaluate(*arg));
    switch (expr.function()) {
      case Function::kAnd:
        return Join(args, false);
      case Function::kOr:
        return Join(args, true);
      case Function::kNot:
        return IsNull(args[0]) ? Value() : Value(!std::get<bool>(args[0]));
      case Function::kIsNull:
        return IsNull(args[0]);
      case Function::kIsNotNull:
        return !IsNull(args[0]);
      case Function::kNullSafeEqual:
        if (IsNull(args[0]) || IsNull(args[1])) return IsNull(args[0]) && IsNull(args[1]);
        return Order(args[0], args[1]) == 0;
      case Function::kIn:
        return In(args);
      case Function::kLike:
        return IsNull(args[0]) || IsNull(args[1])
                   ? Value()
                   : Value(Like(std::get<std::string>(args[0]), std::get<std::string>(args[1])));
      case Function::kCast:
        return Cast(args[0], expr);
      default:
        return Compare(expr.function(), args[0], args[1]);
    }
  }

 private:
  /// AND and OR: `decisive` wins, then null.
  static Value Join(const std::vector<Value>& args, bool decisive) {
    bool null = false;
    for (const Value& arg : args) {
      if (IsNull(arg)) {
        null = true;
      } else if (std::get<bool>(arg) == decisive) {
        return decisive;
      }
    }
    return null ? Value() : Value(!decisive);
  }

  static int Order(const Value& a, const Value& b) {
    if (const auto* x = std::get_if<double>(&a)) {
      const double y = std::get<double>(b);
      if (std::isnan(*x)) return std::isnan(y) ? 0 : 1;
      if (std::isnan(y)) return -1;
      return *x == y ? 0 : (*x < y ? -1 : 1);
    }
    return a == b ? 0 : (a < b ? -1 : 1);
  }

  static Value Compare(Function function, const Value& a, const Value& b) {
    if (IsNull(a) || IsNull(b)) return {};
    const int order = Order(a, b);
    switch (function) {
      case Function::kEqual:
        return order == 0;
      case Function::kNotEqual:
        return order != 0;
      case Function::kLess:
        return order < 0;
      case Function::kLessEqual:
        return order <= 0;
      case Function::kGreater:
        return order > 0;
      default:
        return order >= 0;
    }
  }

  static Value In(const std::vector<Value>& args) {
    std::vector<Value> equal;
    for (size_t i = 1; i < args.size(); ++i) {
      equal.push_back(Compare(Function::kEqual, args[0], args[i]));
    }
    return Join(equal, true);
  }

  static bool Like(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '%') {
      for (size_t i = 0; i <= text.size(); ++i) {
        if (Like(text.substr(i), pattern.substr(1))) return true;
      }
      return false;
    }
    if (text.empty()) return false;
    if (pattern[0] == '_') {
      const size_t length = static_cast<unsigned char>(text[0]) >= 0xC0 ? 2 : 1;
      return Like(text.substr(length), pattern.substr(1));
    }
    const size_t escape = pattern[0] == '\\' ? 1 : 0;
    return text[0] == pattern[escape] && Like(text.substr(1), pattern.substr(escape + 1));
  }

  Value Cast(const Value& value, const Expr& cast) {
    const Result<Value> out = CastValue(value, *cast.args()[0]->type(), *cast.type());
    failed_ = failed_ || !out.ok();
    return out.ok() ? *out : Value();
  }

  const std::map<std::vector<std::string>, Value>& row_;
  bool failed_ = false;
};

Rows MakeRows(Random& random, size_t count) {
  Rows rows;
  for (const TestColumn& column : Columns()) {
    std::vector<Value> values;
    const bool constant = random.OneIn(4);
    for (size_t i = 0; i < count; ++i) {
      values.push_back(random.OneIn(5) ? Value() : random.Pick(column.pool));
      if (constant) values.back() = values.front();
    }
    rows.push_back(std::move(values));
  }
  return rows;
}

std::shared_ptr<arrow::RecordBatch> MakeBatch(Random& random, const Rows& rows, size_t count) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  arrow::FieldVector members;
  arrow::ArrayVector member_arrays;
  for (size_t c = 0; c < rows.size(); ++c) {
    const TestColumn& column = Columns()[c];
    std::shared_ptr<arrow::Array> array = *ArrayFromValues(rows[c], *column.type);
    if (random.OneIn(2)) array = arrow::compute::DictionaryEncode(array)->make_array();
    const bool nested = column.path.size() > 1;
    (nested ? members : fields).push_back(arrow::field(column.path.back(), array->type()));
    (nested ? member_arrays : arrays).push_back(array);
  }
  arrays.push_back(*arrow::StructArray::Make(member_arrays, members));
  fields.push_back(arrow::field("point", arrays.back()->type()));
  return arrow::RecordBatch::Make(arrow::schema(fields), static_cast<int64_t>(count), arrays);
}

/// A range that holds for the values, at random as tight as can be or looser.
ColumnRange MakeRange(Random& random, const std::vector<Value>& values) {
  ColumnRange range{{}, {}, false, false, false};
  for (const Value& value : values) {
    if (IsNull(value)) {
      range.may_have_nulls = true;
      continue;
    }
    range.may_have_values = true;
    const auto* real = std::get_if<double>(&value);
    if (real != nullptr && std::isnan(*real)) {
      range.may_have_nan = true;
      continue;
    }
    if (IsNull(range.min) || value < range.min) range.min = value;
    if (IsNull(range.max) || range.max < value) range.max = value;
  }
  if (random.OneIn(5)) range.min = {};
  if (random.OneIn(5)) range.max = {};
  if (random.OneIn(4)) range.may_have_nulls = true;
  if (random.OneIn(4)) range.may_have_values = true;
  if (random.OneIn(4)) range.may_have_nan = true;
  if (auto* text = std::get_if<std::string>(&range.min); text != nullptr && random.OneIn(3)) {
    text->resize(text->size() / 2);
  }
  if (auto* text = std::get_if<std::string>(&range.max); text != nullptr && random.OneIn(3)) {
    *text = text->substr(0, 1) + "\xF4\x8F\xBF\xBF";
  }
  return range;
}

TEST(PredicateProperty, EvaluationAndSkippingAgreeWithTheModel) {
  const SchemaPtr schema = TestSchema();
  Random random(20240601);
  PredicateMaker maker(random);
  int bound_count = 0;
  int skipped = 0;
  int always = 0;
  int failures = 0;
  for (int round = 0; round < 400; ++round) {
    const size_t count = random.Below(6) + 1;
    const Rows rows = MakeRows(random, count);
    const auto batch = MakeBatch(random, rows, count);
    std::map<std::vector<std::string>, ColumnRange> ranges;
    for (size_t c = 0; c < rows.size(); ++c) {
      ranges[Columns()[c].path] = MakeRange(random, rows[c]);
    }
    const RangeLookup lookup = [&](const std::vector<std::string>& path) {
      return ranges.at(path);
    };

    for (int i = 0; i < 20; ++i) {
      const std::string sql = maker.Condition(2);
      const Result<ExprPtr> parsed = ParsePredicate(sql);
      ASSERT_THAT(parsed, IsOk()) << sql;
      const Result<ExprPtr> bound = BindPredicate(*parsed, *schema);
      if (!bound.ok()) {
        ASSERT_EQ(bound.status().code(), StatusCode::kInvalidArgument) << sql;
        continue;
      }
      ++bound_count;
      const std::string shown = sql + "  bound: " + (*bound)->ToSql();
      for (const ExprPtr& expr : {*parsed, *bound}) {
        const Result<ExprPtr> again = ParsePredicate(expr->ToSql());
        ASSERT_THAT(again, IsOk()) << shown;
        ASSERT_TRUE((*again)->Equals(*expr)) << shown << "  again: " << (*again)->ToSql();
      }

      std::vector<Value> expected;
      bool failed = false;
      for (size_t r = 0; r < count; ++r) {
        std::map<std::vector<std::string>, Value> row;
        for (size_t c = 0; c < rows.size(); ++c) row[Columns()[c].path] = rows[c][r];
        RowModel model(row);
        expected.push_back(model.Evaluate(**bound));
        failed = failed || model.failed();
      }
      const auto outcome = EvaluatePredicate(**bound, *batch);
      if (failed) {
        ++failures;
        ASSERT_EQ(outcome.status().code(), StatusCode::kInvalidArgument) << shown;
        continue;
      }
      ASSERT_THAT(outcome, IsOk()) << shown;
      ASSERT_EQ((*outcome)->length(), static_cast<int64_t>(count));
      bool any = false;
      bool all = true;
      for (size_t r = 0; r < count; ++r) {
        ASSERT_EQ(ValueAt(**outcome, static_cast<int64_t>(r)), expected[r])
            << shown << " row " << r << "\n"
            << batch->Slice(static_cast<int64_t>(r), 1)->ToString();
        const bool matches = expected[r] == Value(true);
        any = any || matches;
        all = all && matches;
      }
      const bool may = MayMatch(**bound, lookup);
      const bool must = AlwaysMatches(**bound, lookup);
      ASSERT_TRUE(may || !any) << shown << "\n" << batch->ToString();
      ASSERT_TRUE(!must || all) << shown << "\n" << batch->ToString();
      skipped += may ? 0 : 1;
      always += must ? 1 : 0;
    }
  }
  // The run must have met each kind of outcome often, or it shows nothing.
  EXPECT_GT(bound_count, 2000);
  EXPECT_GT(skipped, 200);
  EXPECT_GT(always, 100);
  EXPECT_GT(failures, 20);
}

}  // namespace
}  // namespace deltaic
