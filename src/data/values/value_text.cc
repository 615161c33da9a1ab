#include "data/values/value_text.h"

#include <arrow/api.h>
#include <arrow/util/base64.h>

#include <charconv>
#include <cmath>

#include "base/civil_time.h"
#include "data/values/variant_column.h"
#include "protocol/json.h"
#include "protocol/variant_json.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

template <typename ArrayType>
auto At(const arrow::Array& array, int64_t row) {
  return static_cast<const ArrayType&>(array).GetView(row);
}

template <typename Float>
std::string FloatText(Float value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  // A whole number keeps its point, so that it reads as a floating one again.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string HexText(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

int64_t ToMicros(int64_t value, arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return value * 1000000;
    case arrow::TimeUnit::MILLI:
      return value * 1000;
    case arrow::TimeUnit::MICRO:
      return value;
    case arrow::TimeUnit::NANO:
      return value >= 0 ? value / 1000 : -((-value + 999) / 1000);
  }
  return value;
}

std::string TimestampText(const arrow::Array& array, int64_t row, char separator) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  const int64_t micros = ToMicros(At<arrow::TimestampArray>(array, row), type.unit());
  std::string text = FormatTimestampMicros(micros, separator, "");
  // The fraction always has a point before it, so that only its own zeros are cut.
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return type.timezone().empty() ? text : text + "Z";
}

/// The text of a primitive value, and whether JSON wants it in quotes.
struct Scalar {
  std::string text;
  bool quoted = false;
};

Result<Scalar> ScalarText(const arrow::Array& array, int64_t row, char time_separator) {
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return Scalar{At<arrow::BooleanArray>(array, row) ? "true" : "false"};
    case arrow::Type::INT8:
      return Scalar{std::to_string(At<arrow::Int8Array>(array, row))};
    case arrow::Type::INT16:
      return Scalar{std::to_string(At<arrow::Int16Array>(array, row))};
    case arrow::Type::INT32:
      return Scalar{std::to_string(At<arrow::Int32Array>(array, row))};
    case arrow::Type::INT64:
      return Scalar{std::to_string(At<arrow::Int64Array>(array, row))};
    case arrow::Type::UINT8:
      return Scalar{std::to_string(At<arrow::UInt8Array>(array, row))};
    case arrow::Type::UINT16:
      return Scalar{std::to_string(At<arrow::UInt16Array>(array, row))};
    case arrow::Type::UINT32:
      return Scalar{std::to_string(At<arrow::UInt32Array>(array, row))};
    case arrow::Type::UINT64:
      return Scalar{std::to_string(At<arrow::UInt64Array>(array, row))};
    case arrow::Type::FLOAT: {
      const float value = At<arrow::FloatArray>(array, row);
      return Scalar{FloatText(value), !std::isfinite(value)};
    }
    case arrow::Type::DOUBLE: {
      const double value = At<arrow::DoubleArray>(array, row);
      return Scalar{FloatText(value), !std::isfinite(value)};
    }
    case arrow::Type::STRING:
      return Scalar{std::string(At<arrow::StringArray>(array, row)), true};
    case arrow::Type::LARGE_STRING:
      return Scalar{std::string(At<arrow::LargeStringArray>(array, row)), true};
    case arrow::Type::STRING_VIEW:
      return Scalar{std::string(At<arrow::StringViewArray>(array, row)), true};
    case arrow::Type::DATE32:
      return Scalar{FormatDate(At<arrow::Date32Array>(array, row)), true};
    case arrow::Type::TIMESTAMP:
      return Scalar{TimestampText(array, row, time_separator), true};
    case arrow::Type::DECIMAL128:
      return Scalar{static_cast<const arrow::Decimal128Array&>(array).FormatValue(row)};
    default:
      return Status::Unsupported("no text form for Arrow type ", array.type()->ToString());
  }
}

Status AppendVariant(std::string& out, const arrow::Array& array, int64_t row) {
  const auto& parts = static_cast<const arrow::StructArray&>(array);
  return AppendVariantJson(out, At<arrow::BinaryArray>(*parts.field(0), row),
                           At<arrow::BinaryArray>(*parts.field(1), row));
}

Status AppendJsonList(std::string& out, const arrow::Field& field, const arrow::Array& values,
                      int64_t begin, int64_t end) {
  out.push_back('[');
  for (int64_t i = begin; i < end; ++i) {
    if (i > begin) out.push_back(',');
    DELTAIC_RETURN_IF_ERROR(AppendJsonValue(out, field, values, i));
  }
  out.push_back(']');
  return Status::Ok();
}

Status AppendJsonStruct(std::string& out, const arrow::StructArray& array, int64_t row) {
  out.push_back('{');
  for (int i = 0; i < array.num_fields(); ++i) {
    if (i > 0) out.push_back(',');
    AppendJsonString(out, array.type()->field(i)->name());
    out.push_back(':');
    DELTAIC_RETURN_IF_ERROR(AppendJsonValue(out, *array.type()->field(i), *array.field(i), row));
  }
  out.push_back('}');
  return Status::Ok();
}

Status AppendJsonMap(std::string& out, const arrow::MapArray& array, int64_t row) {
  const auto& type = static_cast<const arrow::MapType&>(*array.type());
  out.push_back('[');
  for (int64_t i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
    if (i > array.value_offset(row)) out.push_back(',');
    out.push_back('[');
    DELTAIC_RETURN_IF_ERROR(AppendJsonValue(out, *type.key_field(), *array.keys(), i));
    out.push_back(',');
    DELTAIC_RETURN_IF_ERROR(AppendJsonValue(out, *type.item_field(), *array.items(), i));
    out.push_back(']');
  }
  out.push_back(']');
  return Status::Ok();
}

std::string_view BinaryView(const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::LARGE_BINARY:
      return At<arrow::LargeBinaryArray>(array, row);
    case arrow::Type::FIXED_SIZE_BINARY:
      return At<arrow::FixedSizeBinaryArray>(array, row);
    default:
      return At<arrow::BinaryArray>(array, row);
  }
}

bool IsBinary(arrow::Type::type id) {
  return id == arrow::Type::BINARY || id == arrow::Type::LARGE_BINARY ||
         id == arrow::Type::FIXED_SIZE_BINARY;
}

}  // namespace

Status AppendJsonValue(std::string& out, const arrow::Field& field, const arrow::Array& array,
                       int64_t row) {
  if (array.type_id() == arrow::Type::NA || array.IsNull(row)) {
    out += "null";
    return Status::Ok();
  }
  if (IsVariantField(field)) return AppendVariant(out, array, row);
  switch (array.type_id()) {
    case arrow::Type::STRUCT:
      return AppendJsonStruct(out, static_cast<const arrow::StructArray&>(array), row);
    case arrow::Type::MAP:
      return AppendJsonMap(out, static_cast<const arrow::MapArray&>(array), row);
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      return AppendJsonList(out, *list.type()->field(0), *list.values(), list.value_offset(row),
                            list.value_offset(row + 1));
    }
    case arrow::Type::LARGE_LIST: {
      const auto& list = static_cast<const arrow::LargeListArray&>(array);
      return AppendJsonList(out, *list.type()->field(0), *list.values(), list.value_offset(row),
                            list.value_offset(row + 1));
    }
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return AppendJsonValue(out, field, *dictionary.dictionary(), dictionary.GetValueIndex(row));
    }
    default:
      break;
  }
  if (IsBinary(array.type_id())) {
    AppendJsonString(out, arrow::util::base64_encode(BinaryView(array, row)));
    return Status::Ok();
  }
  DELTAIC_ASSIGN_OR_RETURN(const Scalar scalar, ScalarText(array, row, 'T'));
  if (scalar.quoted) {
    AppendJsonString(out, scalar.text);
  } else {
    out += scalar.text;
  }
  return Status::Ok();
}

Status AppendDisplayText(std::string& out, const arrow::Field& field, const arrow::Array& array,
                         int64_t row) {
  if (array.type_id() == arrow::Type::DICTIONARY) {
    const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
    return AppendDisplayText(out, field, *dictionary.dictionary(), dictionary.GetValueIndex(row));
  }
  if (IsBinary(array.type_id())) {
    out += HexText(BinaryView(array, row));
    return Status::Ok();
  }
  if (arrow::is_nested(array.type_id())) return AppendJsonValue(out, field, array, row);
  DELTAIC_ASSIGN_OR_RETURN(const Scalar scalar, ScalarText(array, row, ' '));
  out += scalar.text;
  return Status::Ok();
}

Result<std::shared_ptr<arrow::RecordBatch>> ToDisplayText(const arrow::RecordBatch& batch) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto& column = batch.column(i);
    arrow::StringBuilder builder;
    std::string text;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (column->type_id() == arrow::Type::NA || column->IsNull(row)) {
        DELTAIC_RETURN_IF_ERROR(builder.AppendNull());
        continue;
      }
      text.clear();
      DELTAIC_RETURN_IF_ERROR(AppendDisplayText(text, *batch.schema()->field(i), *column, row));
      DELTAIC_RETURN_IF_ERROR(builder.Append(text));
    }
    DELTAIC_ASSIGN_OR_RETURN(columns.emplace_back(), builder.Finish());
  }
  return arrow::RecordBatch::Make(DisplayTextSchema(*batch.schema()), batch.num_rows(),
                                  std::move(columns));
}

std::shared_ptr<arrow::Schema> DisplayTextSchema(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields())
    fields.push_back(arrow::field(field->name(), arrow::utf8()));
  return arrow::schema(std::move(fields));
}

}  // namespace deltaic
