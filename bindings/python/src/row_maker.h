#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/read_value.h"

namespace deltaic_python {

namespace nb = nanobind;

/// Values of batches as Python has them. Everything here needs the GIL; what fails is thrown as
/// nb::python_error. One thread at a time.
class RowMaker {
 public:
  using Value = nb::object;

  RowMaker();

  /// A row as a dict of all columns of `root`.
  nb::object Dict(const deltaic_rows::Column& root, int64_t row) {
    row_type_ = &root.type();
    return Struct(root, row);
  }
  /// A row as a tuple.
  nb::object Tuple(const deltaic_rows::Column& root, int64_t row);

  // What ReadValue asks for.
  Value Null() { return nb::none(); }
  Value Boolean(bool value) { return nb::borrow(value ? Py_True : Py_False); }
  Value Integer(int64_t value) { return Checked(PyLong_FromLongLong(value)); }
  Value Float(double value) { return Checked(PyFloat_FromDouble(value)); }
  Value Text(std::string_view text);
  Value Binary(std::string_view bytes) {
    return Checked(PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
  }
  Value Decimal(std::string_view text);
  Value Date(int64_t days);
  Value Timestamp(int64_t micros) { return Time(micros, utc_); }
  Value TimestampNtz(int64_t micros) { return Time(micros, nb::none()); }
  Value Dictionary(const deltaic_rows::Column& column, int64_t index);
  Value List(const deltaic_rows::Column& items, deltaic_rows::Span span);
  /// A dict; where a key may be no key of one (a list, struct or map), a list of pairs.
  Value Map(const deltaic_rows::Column& keys, const deltaic_rows::Column& values,
            deltaic_rows::Span span);
  Value Struct(const deltaic_rows::Column& column, int64_t row);
  Value NewList(uint64_t /*size*/) { return Checked(PyList_New(0)); }
  void AddItem(const Value& list, const Value& item);
  Value NewObject(uint64_t /*size*/) { return Checked(PyDict_New()); }
  void AddMember(const Value& object, std::string_view name, const Value& value);
  [[noreturn]] Value BadVariant(const char* why);

 private:
  static constexpr size_t kDates = 2048;
  struct CachedDate {
    int64_t days = 0;
    nb::object date;
  };
  struct CachedDictionary {
    uint64_t id = 0;
    std::vector<nb::object> values;  // no object where nobody asked yet
  };
  struct Keys {
    std::vector<nb::object> names;
    nb::object pattern;  // a dict with all names, which is faster to copy than to build
  };

  static nb::object Checked(PyObject* made);
  const Keys& KeysOf(const deltaic_rows::ColumnType& type);
  CachedDictionary& DictionaryOf(const deltaic_rows::Column& column);
  nb::object Time(int64_t micros, const nb::object& zone);
  [[noreturn]] void BeyondPython(const char* what, int64_t year);

  nb::object decimal_;
  nb::object from_ordinal_;
  nb::object datetime_;
  nb::object utc_;
  const deltaic_rows::ColumnType* row_type_ = nullptr;
  std::string_view column_;  // of the row that is being made
  std::unordered_map<const deltaic_rows::ColumnType*, Keys> keys_;
  std::vector<CachedDate> dates_;
  std::vector<CachedDictionary> dictionaries_;  // newest first
};

}  // namespace deltaic_python
