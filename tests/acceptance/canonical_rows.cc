#include "acceptance/canonical_rows.h"

#include <arrow/api.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/civil_time.h"
#include "data/values/variant_column.h"
#include "protocol/variant_json.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

void AppendText(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20) {
          char escaped[8];
          std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
          out += escaped;
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

void AppendFloating(std::string& out, double value, const char* format) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    char text[40];
    std::snprintf(text, sizeof text, format, value);
    out += text;
  }
}

void AppendHex(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  out.push_back('"');
}

template <typename ArrayType>
auto At(const arrow::Array& array, int64_t row) {
  return static_cast<const ArrayType&>(array).GetView(row);
}

Status AppendVariantMembers(std::string& out, const VariantMetadata& metadata,
                            const VariantValue& nested);

Status AppendVariantValue(std::string& out, const VariantMetadata& metadata,
                          const VariantValue& value) {
  switch (value.type()) {
    case VariantType::kObject:
    case VariantType::kArray:
      return AppendVariantMembers(out, metadata, value);
    case VariantType::kNull:
      out += "null";
      break;
    case VariantType::kBoolean:
      out += value.boolean() ? "true" : "false";
      break;
    case VariantType::kFloat:
      AppendFloating(out, value.number(), "%.9g");
      break;
    case VariantType::kDouble:
      AppendFloating(out, value.number(), "%.17g");
      break;
    case VariantType::kDecimal4:
    case VariantType::kDecimal8:
    case VariantType::kDecimal16:
      out += VariantDecimalText(value);
      break;
    case VariantType::kString:
      AppendText(out, value.content());
      break;
    case VariantType::kBinary:
      AppendHex(out, value.content());
      break;
    case VariantType::kDate:
      AppendText(out, FormatDate(static_cast<int32_t>(value.integer())));
      break;
    case VariantType::kTimestamp:
      AppendText(out, FormatTimestampMicros(value.integer(), 'T', "Z"));
      break;
    case VariantType::kTimestampNtz:
      AppendText(out, FormatTimestampMicros(value.integer(), 'T', ""));
      break;
    case VariantType::kInt8:
    case VariantType::kInt16:
    case VariantType::kInt32:
    case VariantType::kInt64:
      out += std::to_string(value.integer());
      break;
    default:
      return Status::Unsupported("no canonical form for a type of a variant");
  }
  return Status::Ok();
}

Status AppendVariantMembers(std::string& out, const VariantMetadata& metadata,
                            const VariantValue& nested) {
  const bool object = nested.type() == VariantType::kObject;
  out.push_back(object ? '{' : '[');
  VariantMembers members(nested);
  for (bool first = true;; first = false) {
    DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
    if (!more) break;
    if (!first) out.push_back(',');
    if (object) {
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view name, metadata.Name(members.field_id()));
      AppendText(out, name);
      out.push_back(':');
    }
    DELTAIC_RETURN_IF_ERROR(AppendVariantValue(out, metadata, members.value()));
  }
  out.push_back(object ? '}' : ']');
  return Status::Ok();
}

Status AppendVariant(std::string& out, const arrow::StructArray& array, int64_t row) {
  DELTAIC_ASSIGN_OR_RETURN(const auto metadata,
                           VariantMetadata::Parse(At<arrow::BinaryArray>(*array.field(0), row)));
  DELTAIC_ASSIGN_OR_RETURN(const auto value,
                           VariantValue::Parse(At<arrow::BinaryArray>(*array.field(1), row)));
  out += "{\"$variant\":";
  DELTAIC_RETURN_IF_ERROR(AppendVariantValue(out, metadata, value));
  out.push_back('}');
  return Status::Ok();
}

Status AppendValue(std::string& out, const arrow::Field& field, const arrow::Array& array,
                   int64_t row);

Status AppendStruct(std::string& out, const arrow::StructArray& array, int64_t row) {
  out.push_back('{');
  for (int i = 0; i < array.num_fields(); ++i) {
    if (i > 0) out.push_back(',');
    AppendText(out, array.type()->field(i)->name());
    out.push_back(':');
    DELTAIC_RETURN_IF_ERROR(AppendValue(out, *array.type()->field(i), *array.field(i), row));
  }
  out.push_back('}');
  return Status::Ok();
}

Status AppendList(std::string& out, const arrow::ListArray& array, int64_t row) {
  out.push_back('[');
  for (int64_t i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
    if (i > array.value_offset(row)) out.push_back(',');
    DELTAIC_RETURN_IF_ERROR(AppendValue(out, *array.type()->field(0), *array.values(), i));
  }
  out.push_back(']');
  return Status::Ok();
}

Status AppendMap(std::string& out, const arrow::MapArray& array, int64_t row) {
  const auto& type = static_cast<const arrow::MapType&>(*array.type());
  std::vector<std::string> pairs;
  for (int64_t i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
    std::string pair = "[";
    DELTAIC_RETURN_IF_ERROR(AppendValue(pair, *type.key_field(), *array.keys(), i));
    pair.push_back(',');
    DELTAIC_RETURN_IF_ERROR(AppendValue(pair, *type.item_field(), *array.items(), i));
    pair.push_back(']');
    pairs.push_back(std::move(pair));
  }
  std::sort(pairs.begin(), pairs.end());
  out.push_back('[');
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (i > 0) out.push_back(',');
    out += pairs[i];
  }
  out.push_back(']');
  return Status::Ok();
}

Status AppendDecimal(std::string& out, const arrow::Array& array, int64_t row) {
  const auto& decimals = static_cast<const arrow::Decimal128Array&>(array);
  const auto& type = static_cast<const arrow::Decimal128Type&>(*array.type());
  std::string digits = arrow::Decimal128(decimals.GetValue(row)).ToIntegerString();
  const bool negative = digits[0] == '-';
  if (negative) digits.erase(0, 1);
  const auto scale = static_cast<size_t>(type.scale());
  if (digits.size() <= scale) digits = std::string(scale + 1 - digits.size(), '0') + digits;
  const size_t point = digits.size() - scale;
  if (scale > 0) digits = digits.substr(0, point) + "." + digits.substr(point);
  AppendText(out, (negative ? "-" : "") + digits);
  return Status::Ok();
}

Status AppendValue(std::string& out, const arrow::Field& field, const arrow::Array& array,
                   int64_t row) {
  if (array.type_id() == arrow::Type::NA || array.IsNull(row)) {
    out += "null";
    return Status::Ok();
  }
  if (IsVariantField(field)) {
    return AppendVariant(out, static_cast<const arrow::StructArray&>(array), row);
  }
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      out += At<arrow::BooleanArray>(array, row) ? "true" : "false";
      break;
    case arrow::Type::INT8:
      out += std::to_string(At<arrow::Int8Array>(array, row));
      break;
    case arrow::Type::INT16:
      out += std::to_string(At<arrow::Int16Array>(array, row));
      break;
    case arrow::Type::INT32:
      out += std::to_string(At<arrow::Int32Array>(array, row));
      break;
    case arrow::Type::INT64:
      out += std::to_string(At<arrow::Int64Array>(array, row));
      break;
    case arrow::Type::FLOAT:
      AppendFloating(out, At<arrow::FloatArray>(array, row), "%.9g");
      break;
    case arrow::Type::DOUBLE:
      AppendFloating(out, At<arrow::DoubleArray>(array, row), "%.17g");
      break;
    case arrow::Type::STRING:
      AppendText(out, At<arrow::StringArray>(array, row));
      break;
    case arrow::Type::BINARY:
      AppendHex(out, At<arrow::BinaryArray>(array, row));
      break;
    case arrow::Type::DATE32:
      AppendText(out, FormatDate(At<arrow::Date32Array>(array, row)));
      break;
    case arrow::Type::TIMESTAMP: {
      const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
      if (type.unit() != arrow::TimeUnit::MICRO) {
        return Status::Unsupported("timestamps come in microseconds, got ", type.ToString());
      }
      AppendText(out, FormatTimestampMicros(At<arrow::TimestampArray>(array, row), 'T',
                                            type.timezone().empty() ? "" : "Z"));
      break;
    }
    case arrow::Type::DECIMAL128:
      return AppendDecimal(out, array, row);
    case arrow::Type::STRUCT:
      return AppendStruct(out, static_cast<const arrow::StructArray&>(array), row);
    case arrow::Type::LIST:
      return AppendList(out, static_cast<const arrow::ListArray&>(array), row);
    case arrow::Type::MAP:
      return AppendMap(out, static_cast<const arrow::MapArray&>(array), row);
    default:
      return Status::Unsupported("no canonical form for ", array.type()->ToString());
  }
  return Status::Ok();
}

}  // namespace

Result<std::vector<std::string>> CanonicalRows(const arrow::RecordBatch& batch) {
  DELTAIC_ASSIGN_OR_RETURN(auto rows_as_struct, batch.ToStructArray());
  std::vector<std::string> rows(static_cast<size_t>(batch.num_rows()));
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    DELTAIC_RETURN_IF_ERROR(AppendStruct(rows[static_cast<size_t>(row)], *rows_as_struct, row));
  }
  return rows;
}

std::string DigestOfRows(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (const std::string& row : rows) {
    EVP_DigestUpdate(context, row.data(), row.size());
    EVP_DigestUpdate(context, "\n", 1);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(context, digest, &size);
  EVP_MD_CTX_free(context);
  std::string hex;
  AppendHex(hex, std::string_view(reinterpret_cast<const char*>(digest), size));
  return hex.substr(1, hex.size() - 2);
}

}  // namespace deltaic
