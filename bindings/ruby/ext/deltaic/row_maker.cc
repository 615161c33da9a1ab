#include "row_maker.h"

#include <ruby/encoding.h>

#include <algorithm>
#include <climits>

#include "native.h"

namespace deltaic_ruby {
namespace {

constexpr int kUtc = INT_MAX - 1;  // what rb_time_timespec_new takes for UTC
constexpr int64_t kJulianDayOf1970 = 2'440'588;
constexpr size_t kMaxDictionaries = 256;
constexpr size_t kPairsOnStack = 64;

ID id_big_decimal;
ID id_jd;
VALUE date_class = Qnil;
VALUE gregorian = Qnil;

}  // namespace

void InitRowMaker() {
  id_big_decimal = rb_intern("BigDecimal");
  id_jd = rb_intern("jd");
  date_class = rb_const_get(rb_cObject, rb_intern("Date"));
  gregorian = rb_const_get(date_class, rb_intern("GREGORIAN"));
  rb_gc_register_mark_object(date_class);
  rb_gc_register_mark_object(gregorian);
}

void RowMaker::Mark() const {
  for (const auto& [type, keys] : keys_) {
    for (const VALUE key : keys) rb_gc_mark(key);
  }
  for (const CachedDate& cached : dates_) rb_gc_mark(cached.date);
  for (const CachedDictionary& cached : dictionaries_) rb_gc_mark(cached.values);
}

VALUE RowMaker::Decimal(std::string_view text) {
  const VALUE string = rb_usascii_str_new(text.data(), static_cast<long>(text.size()));
  if (look_.decimals_as_text) return string;
  return rb_funcall(rb_mKernel, id_big_decimal, 1, string);
}

VALUE RowMaker::Date(int64_t days) {
  if (dates_.empty()) dates_.resize(kDates, CachedDate{0, Qnil});
  CachedDate& cached = dates_[static_cast<uint64_t>(days) % kDates];
  if (cached.days == days && !NIL_P(cached.date)) return cached.date;
  // Without a reform: Delta's calendar is Gregorian before 1582 too.
  const VALUE date = rb_funcall(date_class, id_jd, 2, LL2NUM(kJulianDayOf1970 + days), gregorian);
  OBJ_FREEZE(date);
  cached = CachedDate{days, date};
  return date;
}

VALUE RowMaker::Timestamp(int64_t micros) {
  int64_t seconds = micros / 1'000'000;
  int64_t rest = micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  const timespec time{static_cast<time_t>(seconds), static_cast<long>(rest * 1000)};
  return rb_time_timespec_new(&time, kUtc);
}

VALUE RowMaker::DictionaryValues(const deltaic_rows::Column& column) {
  for (const CachedDictionary& cached : dictionaries_) {
    if (cached.id == column.dictionary_id()) return cached.values;
  }
  if (dictionaries_.size() >= kMaxDictionaries) dictionaries_.clear();
  const VALUE values = rb_ary_new_capa(static_cast<long>(column.dictionary_length()));
  dictionaries_.insert(dictionaries_.begin(), CachedDictionary{column.dictionary_id(), values});
  return values;
}

VALUE RowMaker::Dictionary(const deltaic_rows::Column& column, int64_t index) {
  const VALUE values = DictionaryValues(column);
  const VALUE known = rb_ary_entry(values, static_cast<long>(index));
  if (!NIL_P(known)) return known;
  VALUE value = Qnil;
  const deltaic_rows::Column& dictionary = column.dictionary();
  if (dictionary.type().kind == deltaic_rows::Kind::kText && !dictionary.IsNull(index)) {
    const std::string_view text = dictionary.Bytes(index);
    value = rb_enc_interned_str(text.data(), static_cast<long>(text.size()), rb_utf8_encoding());
  } else {
    value = deltaic_rows::ReadValue(dictionary, index, *this);
  }
  rb_ary_store(values, static_cast<long>(index), value);
  return value;
}

VALUE RowMaker::List(const deltaic_rows::Column& items, deltaic_rows::Span span) {
  const VALUE list = rb_ary_new_capa(static_cast<long>(span.end - span.begin));
  for (int64_t i = span.begin; i < span.end; ++i) {
    rb_ary_push(list, deltaic_rows::ReadValue(items, i, *this));
  }
  return list;
}

VALUE RowMaker::Map(const deltaic_rows::Column& keys, const deltaic_rows::Column& values,
                    deltaic_rows::Span span) {
  const VALUE map = rb_hash_new();
  for (int64_t i = span.begin; i < span.end; ++i) {
    const VALUE key = deltaic_rows::ReadValue(keys, i, *this);
    rb_hash_aset(map, key, deltaic_rows::ReadValue(values, i, *this));
  }
  return map;
}

VALUE RowMaker::Struct(const deltaic_rows::Column& column, int64_t row) {
  const std::vector<VALUE>& keys = KeysOf(column.type());
  const VALUE hash = rb_hash_new();
  // Ruby finds what is on the stack, so that pairs need no marking.
  VALUE pairs[2 * kPairsOnStack];
  for (size_t begin = 0; begin < keys.size(); begin += kPairsOnStack) {
    const size_t count = std::min(kPairsOnStack, keys.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      pairs[2 * i] = keys[begin + i];
      pairs[2 * i + 1] = deltaic_rows::ReadValue(column.child(begin + i), row, *this);
    }
    rb_hash_bulk_insert(static_cast<long>(2 * count), pairs, hash);
  }
  return hash;
}

VALUE RowMaker::Key(std::string_view name) const {
  rb_encoding* utf8 = rb_utf8_encoding();
  const VALUE text = rb_enc_interned_str(name.data(), static_cast<long>(name.size()), utf8);
  return look_.symbols ? rb_str_intern(text) : text;
}

const std::vector<VALUE>& RowMaker::KeysOf(const deltaic_rows::ColumnType& type) {
  const auto found = keys_.find(&type);
  if (found != keys_.end()) return found->second;
  std::vector<VALUE>& keys = keys_[&type];
  keys.reserve(type.children.size());
  for (const deltaic_rows::ColumnType& child : type.children) keys.push_back(Key(child.name));
  return keys;
}

VALUE RowMaker::BadVariant(const char* why) {
  RaiseText("Corruption", rb_sprintf("a variant is damaged: %s", why));
}

}  // namespace deltaic_ruby
