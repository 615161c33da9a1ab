#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/datum.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "data/eval/column_functions.h"
#include "data/values/array_cast.h"
#include "data/values/value_arrays.h"
#include "expr/decimal.h"
#include "expr/json_options.h"
#include "expr/value_cast.h"
#include "protocol/json.h"
#include "protocol/partition_value.h"
#include "protocol/variant_json.h"
#include "storage/arrow_status.h"

// TO_JSON. Source: what Spark 4.1 writes (its JacksonGenerator), case by case.

namespace deltaic::kernels {
namespace {

constexpr size_t kMaxJsonBytes = size_t{256} << 20;

/// As Java's BigDecimal.toString(): with an exponent where more than five zeros would follow the
/// point.
std::string JavaDecimalText(Int128 unscaled, int scale) {
  const int digits = CountDigits(unscaled);
  const int exponent = digits - 1 - scale;
  if (scale == 0 || exponent >= -6) return FormatDecimal(unscaled, scale);
  const std::string text = FormatDecimal(unscaled, 0);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (digits > 1 && i + static_cast<size_t>(digits) == text.size() + 1) out.push_back('.');
    out.push_back(text[i]);
  }
  return Concat(out, "E", exponent);
}

/// Values of one type and, below, of what is nested in it.
struct Part {
  const DataType* type = nullptr;
  std::shared_ptr<arrow::Array> array;
  std::vector<Part> parts;  ///< of a struct its members; element; key and value; metadata and value
};

Result<Part> MakePart(std::shared_ptr<arrow::Array> array, const DataType& type);

Status AddPart(Part& parent, std::shared_ptr<arrow::Array> array, const DataType& type) {
  DELTAIC_ASSIGN_OR_RETURN(Part part, MakePart(std::move(array), type));
  parent.parts.push_back(std::move(part));
  return Status();
}

Status AddMembers(Part& part) {
  const auto* structs = dynamic_cast<const arrow::StructArray*>(part.array.get());
  if (structs == nullptr) return Status::Internal("TO_JSON: the data is no struct");
  if (part.type->id() == TypeId::kVariant) {
    const DataTypePtr binary = DataType::Primitive(TypeId::kBinary);
    if (structs->num_fields() != 2) return Status::Internal("TO_JSON: the data is no variant");
    for (int i = 0; i < 2; ++i) {
      DELTAIC_RETURN_IF_ERROR(AddPart(part, structs->field(i), *binary));
      if (part.parts.back().array->type_id() != arrow::Type::BINARY) {
        return Status::Internal("TO_JSON: the data is no variant");
      }
    }
    return Status();
  }
  const std::vector<StructField>& fields = part.type->fields();
  if (structs->num_fields() != static_cast<int>(fields.size())) {
    return Status::Internal("TO_JSON: the data lacks members of its type");
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    DELTAIC_RETURN_IF_ERROR(AddPart(part, structs->field(static_cast<int>(i)), *fields[i].type));
  }
  return Status();
}

Status AddElements(Part& part) {
  const auto* lists = dynamic_cast<const arrow::ListArray*>(part.array.get());
  if (lists == nullptr) return Status::Internal("TO_JSON: the data is no list");
  if (part.type->id() == TypeId::kArray) {
    return AddPart(part, lists->values(), *part.type->element());
  }
  const auto* maps = dynamic_cast<const arrow::MapArray*>(lists);
  if (maps == nullptr) return Status::Internal("TO_JSON: the data is no map");
  DELTAIC_RETURN_IF_ERROR(AddPart(part, maps->keys(), *part.type->key()));
  return AddPart(part, maps->items(), *part.type->value());
}

Result<Part> MakePart(std::shared_ptr<arrow::Array> array, const DataType& type) {
  Part part;
  part.type = &type;
  DELTAIC_ASSIGN_OR_RETURN(part.array, DecodeArray(std::move(array)));
  // What is null throughout need not have its type's form.
  if (part.array->null_count() == part.array->length()) return part;
  Status added;
  if (type.id() == TypeId::kStruct || type.id() == TypeId::kVariant) {
    added = AddMembers(part);
  } else if (!type.is_primitive()) {
    added = AddElements(part);
  }
  DELTAIC_RETURN_IF_ERROR(added);
  return part;
}

class JsonRows {
 public:
  JsonRows(const JsonOptions& options, const TimeZone* zone)
      : options_(options), zone_(options.zone ? options.zone->get() : zone) {}

  /// The value must not be null.
  Status Append(std::string& out, const Part& part, int64_t row) const {
    if (out.size() > kMaxJsonBytes) return Status::Unsupported("a value has over 256 MiB of JSON");
    switch (part.type->id()) {
      case TypeId::kStruct:
        return AppendStruct(out, part, row);
      case TypeId::kArray:
        return AppendArray(out, part, row);
      case TypeId::kMap:
        return AppendMap(out, part, row);
      case TypeId::kVariant:
        return AppendVariantJson(out, Bytes(part.parts[0], row), Bytes(part.parts[1], row), zone_);
      default:
        return AppendPrimitive(out, *part.type, ValueAt(*part.array, row));
    }
  }

 private:
  static std::string_view Bytes(const Part& part, int64_t row) {
    return static_cast<const arrow::BinaryArray&>(*part.array).GetView(row);
  }

  Status AppendOrNull(std::string& out, const Part& part, int64_t row) const {
    if (!part.array->IsNull(row)) return Append(out, part, row);
    out += "null";
    return Status();
  }

  Status AppendStruct(std::string& out, const Part& part, int64_t row) const {
    out.push_back('{');
    bool first = true;
    for (size_t i = 0; i < part.parts.size(); ++i) {
      const Part& member = part.parts[i];
      if (options_.ignore_null_fields && member.array->IsNull(row)) continue;
      if (!first) out.push_back(',');
      first = false;
      AppendJsonString(out, part.type->fields()[i].name);
      out.push_back(':');
      DELTAIC_RETURN_IF_ERROR(AppendOrNull(out, member, row));
    }
    out.push_back('}');
    return Status();
  }

  Status AppendArray(std::string& out, const Part& part, int64_t row) const {
    const auto& lists = static_cast<const arrow::ListArray&>(*part.array);
    const int64_t begin = lists.value_offset(row);
    out.push_back('[');
    for (int64_t i = 0; i < lists.value_length(row); ++i) {
      if (i > 0) out.push_back(',');
      DELTAIC_RETURN_IF_ERROR(AppendOrNull(out, part.parts[0], begin + i));
    }
    out.push_back(']');
    return Status();
  }

  Status AppendMap(std::string& out, const Part& part, int64_t row) const {
    const auto& maps = static_cast<const arrow::MapArray&>(*part.array);
    const int64_t begin = maps.value_offset(row);
    out.push_back('{');
    for (int64_t i = 0; i < maps.value_length(row); ++i) {
      if (i > 0) out.push_back(',');
      const Part& keys = part.parts[0];
      AppendJsonString(out, KeyText(*keys.type, ValueAt(*keys.array, begin + i)));
      out.push_back(':');
      DELTAIC_RETURN_IF_ERROR(AppendOrNull(out, part.parts[1], begin + i));
    }
    out.push_back('}');
    return Status();
  }

  /// As Spark has keys in memory: dates as days, timestamps as microseconds.
  static std::string KeyText(const DataType& type, const Value& key) {
    switch (type.id()) {
      case TypeId::kString:
        return std::get<std::string>(key);
      case TypeId::kBoolean:
        return std::get<bool>(key) ? "true" : "false";
      case TypeId::kFloat:
        return FormatJavaFloat(static_cast<float>(std::get<double>(key)));
      case TypeId::kDouble:
        return FormatJavaDouble(std::get<double>(key));
      case TypeId::kDecimal:
        return JavaDecimalText(std::get<Int128>(key), type.scale());
      default:
        return std::to_string(std::get<int64_t>(key));
    }
  }

  static void AppendFloat(std::string& out, const std::string& text) {
    // NaN and the infinities are no numbers of JSON.
    const bool is_number = text.back() >= '0' && text.back() <= '9';
    if (!is_number) out.push_back('"');
    out += text;
    if (!is_number) out.push_back('"');
  }

  Status AppendPrimitive(std::string& out, const DataType& type, const Value& value) const {
    switch (type.id()) {
      case TypeId::kString:
        AppendJsonString(out, std::get<std::string>(value));
        return Status();
      case TypeId::kBinary:
        AppendJsonString(out, Base64Text(std::get<std::string>(value)));
        return Status();
      case TypeId::kFloat:
      case TypeId::kDouble:
        AppendFloat(out, KeyText(type, value));
        return Status();
      case TypeId::kDate:
        return AppendDate(out, std::get<int64_t>(value));
      case TypeId::kTimestamp:
        return AppendTimestamp(out, std::get<int64_t>(value));
      case TypeId::kTimestampNtz:
        AppendLocal(out, std::get<int64_t>(value), options_.timestamp_ntz, "");
        return Status();
      default:
        out += KeyText(type, value);
        return Status();
    }
  }

  Status AppendDate(std::string& out, int64_t days) const {
    if (!options_.date) {
      AppendJsonString(out, FormatDate(static_cast<int32_t>(days)));
      return Status();
    }
    int64_t micros = 0;
    if (__builtin_mul_overflow(days, kMicrosPerDay, &micros)) {
      return Status::InvalidArgument("a date is out of the range of dateFormat");
    }
    AppendJsonString(out, options_.date->Format(micros));
    return Status();
  }

  Status AppendTimestamp(std::string& out, int64_t micros) const {
    const std::optional<int64_t> local = zone_ == nullptr ? micros : zone_->ToLocal(micros);
    if (!local) return Status::InvalidArgument("a timestamp is out of range in the time zone");
    const std::string offset = ZoneOffsetText(zone_ == nullptr ? 0 : zone_->OffsetAt(micros));
    const bool is_utc = offset.ends_with("00:00");
    AppendLocal(out, *local, options_.timestamp, is_utc ? std::string_view("Z") : offset);
    return Status();
  }

  static void AppendLocal(std::string& out, int64_t local,
                          const std::optional<DateTimePattern>& pattern, std::string_view offset) {
    AppendJsonString(out,
                     pattern ? pattern->Format(local) : FormatTimestampMillis(local, 'T', offset));
  }

  const JsonOptions& options_;
  const TimeZone* zone_;
};

}  // namespace

Result<std::optional<arrow::Datum>> ToJson(const ColumnCall& call) {
  JsonOptions options;
  if (call.call.args().size() > 1) {
    DELTAIC_ASSIGN_OR_RETURN(options, JsonOptions::Of(*call.call.args()[1]));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto array, ArgAsArray(call, 0));
  DELTAIC_ASSIGN_OR_RETURN(const Part root,
                           MakePart(std::move(array), *call.call.args()[0]->type()));
  const JsonRows rows(options, call.call.zone());
  arrow::StringBuilder out;
  std::string text;
  for (int64_t row = 0; row < call.num_rows; ++row) {
    if (root.array->IsNull(row)) {
      DELTAIC_RETURN_IF_ERROR(out.AppendNull());
      continue;
    }
    text.clear();
    const Status appended = rows.Append(text, root, row);
    if (!appended.ok()) return appended.WithContext(call.call.ToSql());
    DELTAIC_RETURN_IF_ERROR(out.Append(text));
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> texts, out.Finish());
  return std::optional<arrow::Datum>(arrow::Datum(std::move(texts)));
}

}  // namespace deltaic::kernels
