#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "bindings.h"
#include "errors.h"

namespace deltaic_python {
namespace {

/// Class Expr.
struct Expr {
  ExprHandle handle;
};

Expr Own(deltaic_expr* expr, const char* why_null) {
  if (expr == nullptr) throw nb::value_error(why_null);
  return Expr{ExprHandle(expr)};
}

Expr Column(const std::vector<std::string>& path) {
  std::vector<const char*> names;
  for (const std::string& name : path) names.push_back(CText(name));
  return Own(deltaic_expr_column(names.data(), names.size()),
             "a column path has at least one name");
}

Expr Call(const std::string& function, nb::sequence args) {
  std::vector<const deltaic_expr*> pointers;
  for (nb::handle arg : args) pointers.push_back(nb::cast<const Expr&>(arg).handle.get());
  return Own(deltaic_expr_call(function.c_str(), pointers.data(), pointers.size()),
             "unknown function, or a number of arguments it does not take");
}

Expr Parse(const std::string& sql) {
  deltaic_expr* expr = nullptr;
  CallWithoutGil(
      [&](deltaic_error** error) { return deltaic_expr_parse(CText(sql), &expr, error); });
  return Expr{ExprHandle(expr)};
}

}  // namespace

void BindExpr(nb::module_& module) {
  nb::class_<Expr>(module, "Expr")
      .def_static("column", &Column, nb::arg("path"))
      .def_static("null", [] { return Own(deltaic_expr_null(), ""); })
      .def_static(
          "bool", [](bool value) { return Own(deltaic_expr_bool(value ? 1 : 0), ""); },
          nb::arg("value"))
      .def_static(
          "int64", [](int64_t value) { return Own(deltaic_expr_int64(value), ""); },
          nb::arg("value"))
      .def_static(
          "double", [](double value) { return Own(deltaic_expr_double(value), ""); },
          nb::arg("value"))
      .def_static(
          "string",
          [](const std::string& value) {
            return Own(deltaic_expr_string(value.data(), value.size()), "");
          },
          nb::arg("value"))
      .def_static(
          "binary",
          [](nb::bytes value) { return Own(deltaic_expr_binary(value.data(), value.size()), ""); },
          nb::arg("value"))
      .def_static(
          "date", [](int32_t days) { return Own(deltaic_expr_date(days), ""); }, nb::arg("days"))
      .def_static(
          "timestamp",
          [](int64_t micros, bool has_zone) {
            return Own(deltaic_expr_timestamp(micros, has_zone ? 1 : 0), "");
          },
          nb::arg("micros"), nb::arg("has_zone"))
      .def_static(
          "decimal",
          [](const std::string& digits) {
            return Own(deltaic_expr_decimal(digits.c_str()), "not a decimal of at most 38 digits");
          },
          nb::arg("digits"))
      .def_static("call", &Call, nb::arg("function"), nb::arg("args"))
      .def_static("parse", &Parse, nb::arg("sql"))
      .def("sql", [](const Expr& self) {
        const TextHandle text(deltaic_expr_sql(self.handle.get()));
        return nb::str(text.get());
      });
}

}  // namespace deltaic_python
