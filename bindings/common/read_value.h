#pragma once

#include "common/column.h"
#include "common/decimal_text.h"
#include "common/variant.h"

namespace deltaic_rows {

/// The value of a row, as a language has it. `Maker` has a type `Value`, cheap to copy, and:
///
///   Null() Boolean(bool) Integer(int64_t) Float(double) Text(string_view) Binary(string_view)
///   Decimal(string_view "-12.50") Date(int64_t days) Timestamp(int64_t micros)
///   TimestampNtz(int64_t micros)
///   Dictionary(const Column&, int64_t index)  the value in column.dictionary(), or what is cached
///   List(const Column& items, Span)  Map(const Column& keys, const Column& values, Span)
///   Struct(const Column&, int64_t row)  which call ReadValue for what is inside
///   NewList(size) AddItem(list, value) NewObject(size) AddMember(object, name, value)  of variants
///   BadVariant(const char* why)  throws, or gives a value in its place
///
/// Nothing here needs a destructor, so a Maker may leave by longjmp.
template <typename Maker>
typename Maker::Value ReadValue(const Column& column, int64_t row, Maker& maker) {
  if (column.IsNull(row)) return maker.Null();
  const ColumnType& type = column.type();
  if (type.index_width > 0) {
    const int64_t index = column.DictionaryIndex(row);
    if (index < 0 || index >= column.dictionary_length()) return maker.Null();
    return maker.Dictionary(column, index);
  }
  switch (type.kind) {
    case Kind::kNull:
      return maker.Null();
    case Kind::kBoolean:
      return maker.Boolean(column.Boolean(row));
    case Kind::kInteger:
      return maker.Integer(column.Integer(row));
    case Kind::kFloat:
      return maker.Float(column.Float(row));
    case Kind::kDecimal: {
      char text[kMaxDecimalText];
      return maker.Decimal(FormatDecimal(column.Unscaled(row), type.scale, text));
    }
    case Kind::kText:
      return maker.Text(column.Bytes(row));
    case Kind::kBinary:
      return maker.Binary(column.Bytes(row));
    case Kind::kDate:
      return maker.Date(column.Integer(row));
    case Kind::kTimestamp:
      return maker.Timestamp(column.Micros(row));
    case Kind::kTimestampNtz:
      return maker.TimestampNtz(column.Micros(row));
    case Kind::kList:
      return maker.List(column.child(0), column.Elements(row));
    case Kind::kMap:
      return maker.Map(column.child(0), column.child(1), column.Elements(row));
    case Kind::kStruct:
      return maker.Struct(column, row);
    case Kind::kVariant: {
      VariantReader<Maker> variant(column.child(0).Bytes(row), maker);
      return variant.Read(column.child(1).Bytes(row));
    }
  }
  return maker.Null();
}

}  // namespace deltaic_rows
