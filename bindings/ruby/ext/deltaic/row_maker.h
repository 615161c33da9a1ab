#pragma once

#include <ruby.h>

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/read_value.h"

namespace deltaic_ruby {

/// Values of batches as Ruby has them. Lives inside an object that marks it.
class RowMaker {
 public:
  using Value = VALUE;

  /// How rows look; fixed before the first.
  struct Look {
    bool symbols = false;  ///< keys of hashes
    bool decimals_as_text = false;
  };

  void SetLook(Look look) { look_ = look; }
  void Mark() const;

  /// One row: a Hash of all columns of `root`.
  VALUE Row(const deltaic_rows::Column& root, int64_t row) { return Struct(root, row); }

  // What ReadValue asks for.
  VALUE Null() { return Qnil; }
  VALUE Boolean(bool value) { return value ? Qtrue : Qfalse; }
  VALUE Integer(int64_t value) { return LL2NUM(value); }
  VALUE Float(double value) { return DBL2NUM(value); }
  VALUE Text(std::string_view text) {
    return rb_utf8_str_new(text.data(), static_cast<long>(text.size()));
  }
  VALUE Binary(std::string_view bytes) {
    return rb_str_new(bytes.data(), static_cast<long>(bytes.size()));
  }
  VALUE Decimal(std::string_view text);
  VALUE Date(int64_t days);
  VALUE Timestamp(int64_t micros);
  VALUE TimestampNtz(int64_t micros) { return Timestamp(micros); }
  VALUE Dictionary(const deltaic_rows::Column& column, int64_t index);
  VALUE List(const deltaic_rows::Column& items, deltaic_rows::Span span);
  VALUE Map(const deltaic_rows::Column& keys, const deltaic_rows::Column& values,
            deltaic_rows::Span span);
  VALUE Struct(const deltaic_rows::Column& column, int64_t row);
  VALUE NewList(uint64_t size) { return rb_ary_new_capa(static_cast<long>(size)); }
  void AddItem(VALUE list, VALUE item) { rb_ary_push(list, item); }
  VALUE NewObject(uint64_t /*size*/) { return rb_hash_new(); }
  void AddMember(VALUE object, std::string_view name, VALUE value) {
    rb_hash_aset(object, Key(name), value);
  }
  [[noreturn]] VALUE BadVariant(const char* why);

 private:
  static constexpr size_t kDates = 2048;
  struct CachedDate {
    int64_t days;
    VALUE date;
  };
  struct CachedDictionary {
    uint64_t id;
    VALUE values;  // an Array, nil where nobody asked yet
  };

  VALUE Key(std::string_view name) const;
  const std::vector<VALUE>& KeysOf(const deltaic_rows::ColumnType& type);
  VALUE DictionaryValues(const deltaic_rows::Column& column);

  Look look_;
  std::unordered_map<const deltaic_rows::ColumnType*, std::vector<VALUE>> keys_;
  std::vector<CachedDate> dates_;
  std::vector<CachedDictionary> dictionaries_;  // of the columns, newest batch of each
};

void InitRowMaker();

}  // namespace deltaic_ruby
