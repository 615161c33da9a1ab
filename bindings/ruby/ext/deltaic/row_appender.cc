#include "row_appender.h"

#include <ruby/encoding.h>

#include <cstdlib>
#include <cstring>

#include "native.h"

namespace deltaic_ruby {
namespace {

using deltaic_rows::ColumnBuilder;
using deltaic_rows::ColumnType;
using deltaic_rows::Kind;
using deltaic_rows::Layout;

constexpr int64_t kJulianDayOf1970 = 2'440'588;

ID id_jd;
ID id_to_time;
ID id_utc_offset;
ID id_to_s;
VALUE date_class = Qnil;
VALUE big_decimal_class = Qnil;

struct TypeWord {
  const char* word;
  Kind kind;
  Layout layout;
  int byte_width;
};
constexpr TypeWord kTypeWords[] = {
    {"void", Kind::kNull, Layout::kNone, 0},
    {"boolean", Kind::kBoolean, Layout::kBits, 0},
    {"byte", Kind::kInteger, Layout::kFixed, 1},
    {"short", Kind::kInteger, Layout::kFixed, 2},
    {"integer", Kind::kInteger, Layout::kFixed, 4},
    {"long", Kind::kInteger, Layout::kFixed, 8},
    {"float", Kind::kFloat, Layout::kFixed, 4},
    {"double", Kind::kFloat, Layout::kFixed, 8},
    {"string", Kind::kText, Layout::kOffsets32, 0},
    {"binary", Kind::kBinary, Layout::kOffsets32, 0},
    {"date", Kind::kDate, Layout::kFixed, 4},
    {"timestamp", Kind::kTimestamp, Layout::kFixed, 8},
    {"timestamp_ntz", Kind::kTimestampNtz, Layout::kFixed, 8},
    {"array", Kind::kList, Layout::kOffsets32, 0},
    {"map", Kind::kMap, Layout::kOffsets32, 0},
    {"struct", Kind::kStruct, Layout::kMembers, 0},
    {"variant", Kind::kVariant, Layout::kMembers, 0},
};

bool ReadWord(const char* word, ColumnType* out) {
  if (std::strncmp(word, "decimal(", 8) == 0) {
    char* end = nullptr;
    out->precision = static_cast<int>(std::strtol(word + 8, &end, 10));
    if (*end != ',') return false;
    out->scale = static_cast<int>(std::strtol(end + 1, &end, 10));
    if (std::strcmp(end, ")") != 0 || out->precision < 1 || out->precision > 38) return false;
    if (out->scale < 0 || out->scale > out->precision) return false;
    out->kind = Kind::kDecimal;
    out->layout = Layout::kFixed;
    out->byte_width = 16;
    return true;
  }
  for (const TypeWord& known : kTypeWords) {
    if (std::strcmp(known.word, word) != 0) continue;
    out->kind = known.kind;
    out->layout = known.layout;
    out->byte_width = known.byte_width;
    return true;
  }
  return false;
}

void AddVariantParts(ColumnType* out) {
  for (const char* name : {"metadata", "value"}) {
    ColumnType part;
    part.name = name;
    part.kind = Kind::kBinary;
    part.layout = Layout::kOffsets32;
    part.nullable = false;
    out->children.push_back(part);
  }
}

/// Where inside a column a value is, from the inside outwards: "[2]", ".zip".
void PrependPath(VALUE* path, VALUE step) {
  *path = NIL_P(*path) ? step : rb_str_plus(step, *path);
}

bool Misfit(VALUE value, VALUE* misfit) {
  *misfit = value;
  return false;
}

bool AppendString(VALUE value, ColumnBuilder* column, VALUE* misfit) {
  VALUE text = value;
  if (column->type().kind == Kind::kDecimal) {
    if (!RB_TYPE_P(text, T_STRING)) return Misfit(value, misfit);
    const std::string_view digits(RSTRING_PTR(text), static_cast<size_t>(RSTRING_LEN(text)));
    return column->AppendDecimal(digits) || Misfit(value, misfit);
  }
  if (column->type().kind == Kind::kText) {
    rb_encoding* encoding = rb_enc_get(text);
    if (encoding != rb_utf8_encoding() && encoding != rb_usascii_encoding()) {
      text = rb_str_export_to_enc(text, rb_utf8_encoding());
      if (rb_enc_get(text) != rb_utf8_encoding() &&
          rb_enc_str_coderange(text) != ENC_CODERANGE_7BIT) {
        // BINARY and others that cannot be converted: taken where the bytes are UTF-8.
        text = rb_enc_associate(rb_str_dup(text), rb_utf8_encoding());
      }
    }
    if (rb_enc_str_coderange(text) == ENC_CODERANGE_BROKEN) return Misfit(value, misfit);
  }
  const std::string_view bytes(RSTRING_PTR(text), static_cast<size_t>(RSTRING_LEN(text)));
  const bool fits = column->AppendBytes(bytes);
  RB_GC_GUARD(text);
  return fits || Misfit(value, misfit);
}

bool AppendDate(VALUE value, ColumnBuilder* column, VALUE* misfit) {
  if (!RTEST(rb_obj_is_kind_of(value, date_class))) return Misfit(value, misfit);
  const VALUE day = rb_funcall(value, id_jd, 0);
  if (!FIXNUM_P(day)) return Misfit(value, misfit);
  return column->AppendDays(FIX2LONG(day) - kJulianDayOf1970) || Misfit(value, misfit);
}

/// What ActiveSupport::TimeWithZone and DateTime stand for.
VALUE TimeOf(VALUE value) {
  if (RTEST(rb_obj_is_kind_of(value, rb_cTime)) && RB_TYPE_P(value, T_DATA)) return value;
  if (RTEST(rb_obj_is_instance_of(value, date_class))) return Qnil;
  if (!RTEST(rb_respond_to(value, id_to_time)) || RB_TYPE_P(value, T_STRING)) return Qnil;
  const VALUE time = rb_funcall(value, id_to_time, 0);
  return RTEST(rb_obj_is_kind_of(time, rb_cTime)) && RB_TYPE_P(time, T_DATA) ? time : Qnil;
}

bool AppendTime(VALUE value, ColumnBuilder* column, VALUE* misfit) {
  const VALUE time = TimeOf(value);
  if (NIL_P(time)) return Misfit(value, misfit);
  const timespec spec = rb_time_timespec(time);
  int64_t micros = 0;
  if (__builtin_mul_overflow(static_cast<int64_t>(spec.tv_sec), int64_t{1'000'000}, &micros) ||
      __builtin_add_overflow(micros, static_cast<int64_t>(spec.tv_nsec / 1000), &micros)) {
    return Misfit(value, misfit);
  }
  if (column->type().kind == Kind::kTimestampNtz) {
    // Without a zone it is the clock on the wall that counts.
    micros += NUM2LL(rb_funcall(time, id_utc_offset, 0)) * 1'000'000;
  }
  return column->AppendMicros(micros) || Misfit(value, misfit);
}

bool AppendNumber(VALUE value, ColumnBuilder* column, VALUE* misfit) {
  const Kind kind = column->type().kind;
  if (FIXNUM_P(value)) return column->AppendInteger(FIX2LONG(value)) || Misfit(value, misfit);
  if (RB_FLOAT_TYPE_P(value)) {
    if (kind == Kind::kFloat) {
      return column->AppendFloat(RFLOAT_VALUE(value)) || Misfit(value, misfit);
    }
    if (kind != Kind::kDecimal) return Misfit(value, misfit);
  } else if (RB_TYPE_P(value, T_BIGNUM)) {
    if (kind == Kind::kFloat) return column->AppendFloat(rb_big2dbl(value));
    if (kind == Kind::kInteger) {
      if (!RTEST(
              rb_funcall(value, rb_intern("between?"), 2, LL2NUM(INT64_MIN), LL2NUM(INT64_MAX)))) {
        return Misfit(value, misfit);
      }
      return column->AppendInteger(NUM2LL(value)) || Misfit(value, misfit);
    }
  } else if (RTEST(rb_obj_is_kind_of(value, big_decimal_class))) {
    if (kind == Kind::kFloat) return column->AppendFloat(NUM2DBL(value));
  } else if (RB_TYPE_P(value, T_RATIONAL) && kind == Kind::kFloat) {
    return column->AppendFloat(NUM2DBL(value));
  } else {
    return Misfit(value, misfit);
  }
  if (kind != Kind::kDecimal) return Misfit(value, misfit);
  VALUE text = rb_funcall(value, id_to_s, 0);
  const std::string_view digits(RSTRING_PTR(text), static_cast<size_t>(RSTRING_LEN(text)));
  const bool fits = column->AppendDecimal(digits);
  RB_GC_GUARD(text);
  return fits || Misfit(value, misfit);
}

bool AppendList(VALUE value, ColumnBuilder* column, VALUE* misfit, VALUE* path) {
  const VALUE list = rb_check_array_type(value);
  if (NIL_P(list)) return Misfit(value, misfit);
  for (long i = 0; i < RARRAY_LEN(list); ++i) {
    if (AppendValue(rb_ary_entry(list, i), &column->child(0), misfit, path)) continue;
    PrependPath(path, rb_sprintf("[%ld]", i));
    return false;
  }
  return column->EndList() || Misfit(value, misfit);
}

struct MapAppending {
  ColumnBuilder* column;
  VALUE* misfit;
  VALUE* path;
  bool fits;
};

int AppendEntry(VALUE key, VALUE value, VALUE data) {
  auto& appending = *reinterpret_cast<MapAppending*>(data);
  appending.fits =
      AppendValue(key, &appending.column->child(0), appending.misfit, appending.path) &&
      AppendValue(value, &appending.column->child(1), appending.misfit, appending.path);
  if (!appending.fits) PrependPath(appending.path, rb_sprintf("[%+" PRIsVALUE "]", key));
  return appending.fits ? ST_CONTINUE : ST_STOP;
}

bool AppendMap(VALUE value, ColumnBuilder* column, VALUE* misfit, VALUE* path) {
  const VALUE map = rb_check_hash_type(value);
  if (NIL_P(map)) return Misfit(value, misfit);
  MapAppending appending{column, misfit, path, true};
  rb_hash_foreach(map, &AppendEntry, reinterpret_cast<VALUE>(&appending));
  return appending.fits && (column->EndList() || Misfit(value, misfit));
}

bool AppendStruct(VALUE value, ColumnBuilder* column, VALUE* misfit, VALUE* path) {
  const VALUE hash = rb_check_hash_type(value);
  if (NIL_P(hash)) return Misfit(value, misfit);
  const std::vector<ColumnType>& members = column->type().children;
  size_t found = 0;
  for (size_t i = 0; i < members.size(); ++i) {
    const VALUE name = rb_enc_interned_str(
        members[i].name.data(), static_cast<long>(members[i].name.size()), rb_utf8_encoding());
    VALUE member = rb_hash_lookup2(hash, name, Qundef);
    if (member == Qundef) member = rb_hash_lookup2(hash, rb_str_intern(name), Qundef);
    if (member != Qundef) ++found;
    if (AppendValue(member == Qundef ? Qnil : member, &column->child(i), misfit, path)) continue;
    PrependPath(path, rb_sprintf(".%" PRIsVALUE, name));
    return false;
  }
  // A key that is no member would be lost.
  if (found != RHASH_SIZE(hash)) return Misfit(value, misfit);
  column->EndStruct();
  return true;
}

bool AppendVariant(VALUE value, ColumnBuilder* column, VALUE* misfit) {
  const VALUE deltaic = rb_const_get(rb_cObject, rb_intern("Deltaic"));
  const VALUE codec = rb_const_get(deltaic, rb_intern("VariantBytes"));
  const VALUE parts = rb_funcall(codec, rb_intern("encode"), 1, value);
  if (NIL_P(parts)) return Misfit(value, misfit);
  for (long i = 0; i < 2; ++i) {
    const VALUE part = rb_ary_entry(parts, i);
    const std::string_view bytes(RSTRING_PTR(part), static_cast<size_t>(RSTRING_LEN(part)));
    if (!column->child(static_cast<size_t>(i)).AppendBytes(bytes)) return Misfit(value, misfit);
  }
  column->EndStruct();
  return true;
}

}  // namespace

void ReadType(VALUE spec, ColumnType* out) {
  Check_Type(spec, T_ARRAY);
  VALUE name = rb_ary_entry(spec, 0);
  VALUE word = rb_ary_entry(spec, 1);
  const VALUE children = rb_ary_entry(spec, 3);
  Check_Type(children, T_ARRAY);
  const char* name_text = CText(&name);
  const char* word_text = CText(&word);
  if (!ReadWord(word_text, out)) {
    RaiseText("InvalidArgument",
              rb_sprintf("column %" PRIsVALUE ": there is no type %" PRIsVALUE, name, word));
  }
  out->name = name_text;
  out->nullable = RTEST(rb_ary_entry(spec, 2));
  if (out->kind == Kind::kVariant) AddVariantParts(out);
  for (long i = 0; i < RARRAY_LEN(children); ++i) {
    out->children.emplace_back();
    ReadType(rb_ary_entry(children, i), &out->children.back());
  }
  const size_t wanted = out->kind == Kind::kList ? 1 : out->kind == Kind::kMap ? 2 : 0;
  if (wanted > 0 && out->children.size() != wanted) {
    RaiseText("InvalidArgument",
              rb_sprintf("column %" PRIsVALUE ": %" PRIsVALUE " of what?", name, word));
  }
  RB_GC_GUARD(name);
  RB_GC_GUARD(word);
}

bool AppendValue(VALUE value, ColumnBuilder* column, VALUE* misfit, VALUE* path) {
  if (NIL_P(value)) {
    column->AppendNull();
    return true;
  }
  switch (column->type().kind) {
    case Kind::kNull:
      return Misfit(value, misfit);
    case Kind::kBoolean:
      if (value != Qtrue && value != Qfalse) return Misfit(value, misfit);
      return column->AppendBoolean(value == Qtrue);
    case Kind::kInteger:
    case Kind::kFloat:
      return AppendNumber(value, column, misfit);
    case Kind::kDecimal:
      if (RB_TYPE_P(value, T_STRING)) return AppendString(value, column, misfit);
      return AppendNumber(value, column, misfit);
    case Kind::kText:
      if (SYMBOL_P(value)) value = rb_sym2str(value);
      [[fallthrough]];
    case Kind::kBinary:
      if (!RB_TYPE_P(value, T_STRING)) return Misfit(value, misfit);
      return AppendString(value, column, misfit);
    case Kind::kDate:
      return AppendDate(value, column, misfit);
    case Kind::kTimestamp:
    case Kind::kTimestampNtz:
      return AppendTime(value, column, misfit);
    case Kind::kList:
      return AppendList(value, column, misfit, path);
    case Kind::kMap:
      return AppendMap(value, column, misfit, path);
    case Kind::kStruct:
      return AppendStruct(value, column, misfit, path);
    case Kind::kVariant:
      return AppendVariant(value, column, misfit);
  }
  return Misfit(value, misfit);
}

void InitRowAppender() {
  id_jd = rb_intern("jd");
  id_to_time = rb_intern("to_time");
  id_utc_offset = rb_intern("utc_offset");
  id_to_s = rb_intern("to_s");
  date_class = rb_const_get(rb_cObject, rb_intern("Date"));
  big_decimal_class = rb_const_get(rb_cObject, rb_intern("BigDecimal"));
  rb_gc_register_mark_object(date_class);
  rb_gc_register_mark_object(big_decimal_class);
}

}  // namespace deltaic_ruby
