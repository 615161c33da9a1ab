#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "expr/value_cast.h"
#include "protocol/schema.h"
#include "protocol/value.h"

/// Random rows and random predicates over them, for property tests.
namespace deltaic::testing {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct TestColumn {
  std::vector<std::string> path;
  DataTypePtr type;
  std::vector<Value> pool;            ///< what rows hold
  std::vector<std::string> literals;  ///< what predicates compare it with
};

inline DataTypePtr Of(TypeId id) { return DataType::Primitive(id); }

inline const std::vector<TestColumn>& Columns() {
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

inline SchemaPtr TestSchema() {
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

}  // namespace deltaic::testing
