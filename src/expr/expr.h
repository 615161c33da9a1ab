#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time_zone.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

class Expr;
struct FunctionDefinition;
/// Expressions are immutable and shared.
using ExprPtr = std::shared_ptr<const Expr>;

enum class ExprKind { kLiteral, kColumn, kCall };

/// The operations that conditions are made of; BETWEEN, NOT IN, IS TRUE are written with these. All
/// others, arithmetic included, are kNamed: rows of the function table (function_definition.h).
enum class Function {
  kAnd,
  kOr,  ///< of two or more arguments
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kNullSafeEqual,
  kIsNull,
  kIsNotNull,
  kIn,       ///< args[0] IN (args[1..])
  kLike,     ///< args[0] LIKE args[1] (a text literal), escape character backslash
  kCast,     ///< to type()
  kTryCast,  ///< to type(); null where the value does not fit
  kNamed,    ///< of definition()
};

/// A node of an expression tree. Immutable: safe from any thread.
///
/// Unbound (from the parser or the factories): column paths as written, literals typed by their
/// syntax. Bound (from Bind): paths are exactly the schema's, each node has a type, both sides of a
/// comparison have one type.
class Expr {
 public:
  static ExprPtr Literal(Value value, DataTypePtr type);
  static ExprPtr Column(std::vector<std::string> path, DataTypePtr type = nullptr);
  /// \param zone  of casts that depend on the session's; nullptr: UTC.
  static ExprPtr Call(Function function, std::vector<ExprPtr> args, DataTypePtr type = nullptr,
                      TimeZonePtr zone = nullptr);
  /// \param zone  of functions that depend on the session's; nullptr: UTC.
  static ExprPtr Call(const FunctionDefinition& definition, std::vector<ExprPtr> args,
                      DataTypePtr type = nullptr, TimeZonePtr zone = nullptr);
  /// Conjunctions join flat: And(a AND b, c) has three arguments. nullptr stands for "no
  /// condition": And(nullptr, x) is x.
  static ExprPtr And(ExprPtr left, ExprPtr right);

  ExprKind kind() const { return kind_; }
  const Value& value() const { return value_; }                   ///< literal
  const std::vector<std::string>& path() const { return path_; }  ///< column: names from the root
  Function function() const { return function_; }                 ///< call
  const FunctionDefinition* definition() const { return definition_; }  ///< of kNamed, else nullptr
  const std::vector<ExprPtr>& args() const { return args_; }            ///< call
  const DataTypePtr& type() const { return type_; }  ///< nullptr where not known yet
  /// Of a bound call whose value depends on the session's time zone; nullptr: UTC, or it does not.
  const TimeZone* zone() const { return zone_.get(); }

  /// SQL text that parses back to an equal tree. Three casts of literals only state a type SQL has
  /// no other text for, and so parse as literals: of NULL, of 'NaN' and the infinities to a float
  /// type, of a decimal to the same number at another precision.
  std::string ToSql() const;
  /// The number of nodes on the longest way down, this one included.
  int depth() const { return depth_; }
  /// Equal structure, values and cast targets. The types of columns and of other calls, which
  /// binding adds, do not count.
  bool Equals(const Expr& other) const;

  Expr(ExprKind kind, Value value, std::vector<std::string> path, Function function,
       const FunctionDefinition* definition, std::vector<ExprPtr> args, DataTypePtr type,
       TimeZonePtr zone = nullptr);

 private:
  ExprKind kind_;
  Value value_;
  std::vector<std::string> path_;
  Function function_;
  const FunctionDefinition* definition_;
  std::vector<ExprPtr> args_;
  DataTypePtr type_;
  TimeZonePtr zone_;
  int depth_ = 1;
};

/// The distinct column paths that `expr` names.
std::set<std::vector<std::string>> ReferencedColumns(const Expr& expr);

/// The conditions joined by top-level ANDs.
std::vector<ExprPtr> SplitConjunction(const ExprPtr& expr);

}  // namespace deltaic
