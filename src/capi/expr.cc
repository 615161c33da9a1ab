#include "capi/expr.h"

#include <map>
#include <string>
#include <utility>

#include "base/made_once.h"
#include "capi/error.h"
#include "deltaic/deltaic.h"
#include "expr/parser.h"
#include "protocol/partition_value.h"

namespace deltaic::capi {
namespace {

/// A function by its SQL name, and how many arguments it takes.
struct Signature {
  Function function;
  size_t min_args, max_args;
};

const Signature* FindFunction(std::string_view name) {
  static constexpr size_t kMany = size_t{1} << 20;
  const auto& kFunctions = MadeOnce([] {
    return std::map<std::string_view, Signature>{
        {"and", {Function::kAnd, 2, kMany}},     {"or", {Function::kOr, 2, kMany}},
        {"not", {Function::kNot, 1, 1}},         {"=", {Function::kEqual, 2, 2}},
        {"<>", {Function::kNotEqual, 2, 2}},     {"<", {Function::kLess, 2, 2}},
        {"<=", {Function::kLessEqual, 2, 2}},    {">", {Function::kGreater, 2, 2}},
        {">=", {Function::kGreaterEqual, 2, 2}}, {"<=>", {Function::kNullSafeEqual, 2, 2}},
        {"is null", {Function::kIsNull, 1, 1}},  {"is not null", {Function::kIsNotNull, 1, 1}},
        {"in", {Function::kIn, 2, kMany}},       {"like", {Function::kLike, 2, 2}},
    };
  });
  const auto found = kFunctions.find(name);
  return found == kFunctions.end() ? nullptr : &found->second;
}

/// A handle, or NULL where `make` throws: these functions have no other way to fail.
template <typename Make>
deltaic_expr* NewExpr(Make&& make) noexcept {
  try {
    ExprPtr expr = std::forward<Make>(make)();
    return expr == nullptr ? nullptr : new deltaic_expr{std::move(expr)};
  } catch (...) {
    return nullptr;
  }
}

deltaic_expr* NewLiteral(Value value, TypeId type) noexcept {
  return NewExpr([&] { return Expr::Literal(std::move(value), DataType::Primitive(type)); });
}

/// Precision and scale of decimal text such as "-12.50", or nullptr.
DataTypePtr DecimalTypeOf(std::string_view digits) {
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  int precision = 0, scale = 0;
  bool after_point = false;
  for (const char c : digits) {
    if (c == '.' && !after_point) {
      after_point = true;
    } else if (c >= '0' && c <= '9') {
      ++precision;
      scale += after_point;
    } else {
      return nullptr;
    }
  }
  return precision < 1 || precision > 38 ? nullptr : DataType::Decimal(precision, scale);
}

}  // namespace
}  // namespace deltaic::capi

using deltaic::DataType;
using deltaic::Expr;
using deltaic::TypeId;
using deltaic::capi::NewExpr;
using deltaic::capi::NewLiteral;

extern "C" {

deltaic_expr* deltaic_expr_column(const char* const* path, size_t length) {
  if (path == nullptr || length == 0) return nullptr;
  return NewExpr([&] { return Expr::Column(std::vector<std::string>(path, path + length)); });
}

deltaic_expr* deltaic_expr_null(void) { return NewLiteral(std::monostate(), TypeId::kVoid); }

deltaic_expr* deltaic_expr_bool(int value) { return NewLiteral(value != 0, TypeId::kBoolean); }

deltaic_expr* deltaic_expr_int64(int64_t value) { return NewLiteral(value, TypeId::kLong); }

deltaic_expr* deltaic_expr_double(double value) { return NewLiteral(value, TypeId::kDouble); }

deltaic_expr* deltaic_expr_string(const char* bytes, size_t length) {
  if (bytes == nullptr) return nullptr;
  return NewExpr([&] {
    return Expr::Literal(std::string(bytes, length), DataType::Primitive(TypeId::kString));
  });
}

deltaic_expr* deltaic_expr_binary(const void* bytes, size_t length) {
  if (bytes == nullptr && length > 0) return nullptr;
  return NewExpr([&] {
    return Expr::Literal(std::string(static_cast<const char*>(bytes), length),
                         DataType::Primitive(TypeId::kBinary));
  });
}

deltaic_expr* deltaic_expr_date(int32_t days) { return NewLiteral(int64_t{days}, TypeId::kDate); }

deltaic_expr* deltaic_expr_timestamp(int64_t micros, int has_zone) {
  return NewLiteral(micros, has_zone != 0 ? TypeId::kTimestamp : TypeId::kTimestampNtz);
}

deltaic_expr* deltaic_expr_decimal(const char* digits) {
  if (digits == nullptr) return nullptr;
  return NewExpr([&]() -> deltaic::ExprPtr {
    const deltaic::DataTypePtr type = deltaic::capi::DecimalTypeOf(digits);
    if (type == nullptr) return nullptr;
    auto value = deltaic::ParsePartitionValue(std::string(digits), *type);
    return value.ok() ? Expr::Literal(*std::move(value), type) : nullptr;
  });
}

deltaic_expr* deltaic_expr_call(const char* function, const deltaic_expr* const* args,
                                size_t num_args) {
  if (function == nullptr || (args == nullptr && num_args > 0)) return nullptr;
  return NewExpr([&]() -> deltaic::ExprPtr {
    const auto* signature = deltaic::capi::FindFunction(function);
    if (signature == nullptr || num_args < signature->min_args || num_args > signature->max_args)
      return nullptr;
    std::vector<deltaic::ExprPtr> exprs;
    for (size_t i = 0; i < num_args; ++i) {
      if (args[i] == nullptr) return nullptr;
      exprs.push_back(args[i]->expr);
    }
    return Expr::Call(signature->function, std::move(exprs));
  });
}

deltaic_status deltaic_expr_parse(const char* sql, deltaic_expr** out, deltaic_error** error) {
  return deltaic::capi::Guard(error, [&]() -> deltaic::Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("sql and out", sql, out));
    DELTAIC_ASSIGN_OR_RETURN(deltaic::ExprPtr expr, deltaic::ParsePredicate(sql));
    *out = new deltaic_expr{std::move(expr)};
    return deltaic::Status::Ok();
  });
}

char* deltaic_expr_sql(const deltaic_expr* expr) {
  if (expr == nullptr) return nullptr;
  try {
    return deltaic::capi::NewString(expr->expr->ToSql());
  } catch (...) {
    return nullptr;
  }
}

void deltaic_expr_free(deltaic_expr* expr) { delete expr; }

}  // extern "C"
