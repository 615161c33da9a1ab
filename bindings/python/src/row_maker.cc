#include "row_maker.h"

#include <algorithm>
#include <string>

#ifndef Py_LIMITED_API
#include <datetime.h>
#endif

namespace deltaic_python {
namespace {

using deltaic_rows::Column;
using deltaic_rows::ColumnType;
using deltaic_rows::Kind;
using deltaic_rows::ReadValue;
using deltaic_rows::Span;

constexpr int64_t kMicrosPerDay = 86'400'000'000;
constexpr int64_t kOrdinalOf1970 = 719'163;  // of date.fromordinal: 1 is 0001-01-01
constexpr int64_t kLastOrdinal = 3'652'059;  // 9999-12-31
constexpr size_t kMaxDictionaries = 256;

struct Civil {
  int64_t year;
  int month;
  int day;
};

/// Howard Hinnant's days_from_civil the other way round, in the Gregorian calendar of all times.
Civil CivilOf(int64_t days) {
  const int64_t shifted = days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int64_t of_era = shifted - era * 146'097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;
  const auto day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
  const auto civil_month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  return {year + era * 400 + (civil_month <= 2 ? 1 : 0), civil_month, day};
}

/// Whether Python can use a value of the type as a key.
bool IsHashable(const ColumnType& type) {
  return type.kind != Kind::kList && type.kind != Kind::kStruct && type.kind != Kind::kMap &&
         type.kind != Kind::kVariant;
}

void Check(int failed) {
  if (failed != 0) throw nb::python_error();
}

}  // namespace

RowMaker::RowMaker() {
  const nb::module_ datetime = nb::module_::import_("datetime");
  decimal_ = nb::module_::import_("decimal").attr("Decimal");
  from_ordinal_ = datetime.attr("date").attr("fromordinal");
  datetime_ = datetime.attr("datetime");
  utc_ = datetime.attr("timezone").attr("utc");
#ifndef Py_LIMITED_API
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw nb::python_error();
#endif
}

nb::object RowMaker::Checked(PyObject* made) {
  if (made == nullptr) throw nb::python_error();
  return nb::steal(made);
}

nb::object RowMaker::Tuple(const Column& root, int64_t row) {
  const std::vector<ColumnType>& types = root.type().children;
  nb::object tuple = Checked(PyTuple_New(static_cast<Py_ssize_t>(types.size())));
  for (size_t i = 0; i < types.size(); ++i) {
    column_ = types[i].name;
    nb::object value = ReadValue(root.child(i), row, *this);
    Check(PyTuple_SetItem(tuple.ptr(), static_cast<Py_ssize_t>(i), value.release().ptr()));
  }
  return tuple;
}

RowMaker::Value RowMaker::Text(std::string_view text) {
  return Checked(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "strict"));
}

RowMaker::Value RowMaker::Decimal(std::string_view text) {
  const nb::object digits = Text(text);
  return Checked(PyObject_CallFunctionObjArgs(decimal_.ptr(), digits.ptr(), nullptr));
}

void RowMaker::BeyondPython(const char* what, int64_t year) {
  const std::string message = "column " + std::string(column_) + ": a " + what + " of the year " +
                              std::to_string(year) +
                              ", and those of Python go from 1 to 9999; read it as Arrow, or leave "
                              "it out by a predicate";
  PyErr_SetString(PyExc_OverflowError, message.c_str());
  throw nb::python_error();
}

RowMaker::Value RowMaker::Date(int64_t days) {
  if (dates_.empty()) dates_.resize(kDates);
  CachedDate& cached = dates_[static_cast<uint64_t>(days) % kDates];
  if (cached.days == days && cached.date.is_valid()) return cached.date;
  const int64_t ordinal = days + kOrdinalOf1970;
  if (ordinal < 1 || ordinal > kLastOrdinal) BeyondPython("date", CivilOf(days).year);
  const nb::object number = Integer(ordinal);
  cached.date = Checked(PyObject_CallFunctionObjArgs(from_ordinal_.ptr(), number.ptr(), nullptr));
  cached.days = days;
  return cached.date;
}

nb::object RowMaker::Time(int64_t micros, const nb::object& zone) {
  int64_t days = micros / kMicrosPerDay;
  int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  const Civil civil = CivilOf(days);
  if (civil.year < 1 || civil.year > 9999) BeyondPython("timestamp", civil.year);
  const auto second_of_day = static_cast<int>(rest / 1'000'000);
  const auto fraction = static_cast<int>(rest % 1'000'000);
  const auto year = static_cast<int>(civil.year);
  const int hour = second_of_day / 3600;
  const int minute = second_of_day / 60 % 60;
  const int second = second_of_day % 60;
#ifndef Py_LIMITED_API
  return Checked(PyDateTimeAPI->DateTime_FromDateAndTime(year, civil.month, civil.day, hour, minute,
                                                         second, fraction, zone.ptr(),
                                                         PyDateTimeAPI->DateTimeType));
#else
  return datetime_(year, civil.month, civil.day, hour, minute, second, fraction, zone);
#endif
}

RowMaker::CachedDictionary& RowMaker::DictionaryOf(const Column& column) {
  for (CachedDictionary& cached : dictionaries_) {
    if (cached.id == column.dictionary_id()) return cached;
  }
  if (dictionaries_.size() >= kMaxDictionaries) dictionaries_.clear();
  CachedDictionary made{column.dictionary_id(), {}};
  made.values.resize(static_cast<size_t>(column.dictionary_length()));
  return *dictionaries_.insert(dictionaries_.begin(), std::move(made));
}

RowMaker::Value RowMaker::Dictionary(const Column& column, int64_t index) {
  {
    const nb::object& known = DictionaryOf(column).values[static_cast<size_t>(index)];
    if (known.is_valid()) return known;
  }
  // Making it may come back here for a dictionary inside, and move the others.
  nb::object value = ReadValue(column.dictionary(), index, *this);
  DictionaryOf(column).values[static_cast<size_t>(index)] = value;
  return value;
}

RowMaker::Value RowMaker::List(const Column& items, Span span) {
  nb::object list = Checked(PyList_New(static_cast<Py_ssize_t>(span.end - span.begin)));
  for (int64_t i = span.begin; i < span.end; ++i) {
    nb::object item = ReadValue(items, i, *this);
    Check(
        PyList_SetItem(list.ptr(), static_cast<Py_ssize_t>(i - span.begin), item.release().ptr()));
  }
  return list;
}

RowMaker::Value RowMaker::Map(const Column& keys, const Column& values, Span span) {
  const bool is_dict = IsHashable(keys.type());
  nb::object map = Checked(is_dict ? PyDict_New() : PyList_New(0));
  for (int64_t i = span.begin; i < span.end; ++i) {
    const nb::object key = ReadValue(keys, i, *this);
    const nb::object value = ReadValue(values, i, *this);
    if (is_dict) {
      Check(PyDict_SetItem(map.ptr(), key.ptr(), value.ptr()));
    } else {
      AddItem(map, nb::make_tuple(key, value));
    }
  }
  return map;
}

const RowMaker::Keys& RowMaker::KeysOf(const ColumnType& type) {
  const auto found = keys_.find(&type);
  if (found != keys_.end()) return found->second;
  Keys keys;
  keys.pattern = Checked(PyDict_New());
  for (const ColumnType& child : type.children) {
    PyObject* name = Text(child.name).release().ptr();
    PyUnicode_InternInPlace(&name);
    keys.names.push_back(nb::steal(name));
    Check(PyDict_SetItem(keys.pattern.ptr(), name, Py_None));
  }
  return keys_.emplace(&type, std::move(keys)).first->second;
}

RowMaker::Value RowMaker::Struct(const Column& column, int64_t row) {
  const Keys& keys = KeysOf(column.type());
  const bool is_row = &column.type() == row_type_;
  nb::object dict = Checked(PyDict_Copy(keys.pattern.ptr()));
  for (size_t i = 0; i < keys.names.size(); ++i) {
    if (is_row) column_ = column.type().children[i].name;
    const nb::object value = ReadValue(column.child(i), row, *this);
    Check(PyDict_SetItem(dict.ptr(), keys.names[i].ptr(), value.ptr()));
  }
  return dict;
}

void RowMaker::AddItem(const Value& list, const Value& item) {
  Check(PyList_Append(list.ptr(), item.ptr()));
}

void RowMaker::AddMember(const Value& object, std::string_view name, const Value& value) {
  const nb::object key = Text(name);
  Check(PyDict_SetItem(object.ptr(), key.ptr(), value.ptr()));
}

RowMaker::Value RowMaker::BadVariant(const char* why) {
  const std::string message =
      "column " + std::string(column_) + ": a variant is damaged: " + std::string(why);
  PyErr_SetString(PyExc_ValueError, message.c_str());
  throw nb::python_error();
}

}  // namespace deltaic_python
