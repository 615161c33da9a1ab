#include <arrow/api.h>

#include <charconv>
#include <cmath>

#include "base/civil_time.h"
#include "data/values/value_text.h"
#include "data/values/variant_column.h"
#include "sync/column_encoder.h"

namespace deltaic {
namespace {

constexpr int64_t kMicrosPerDay = int64_t{86400} * 1000000;

template <typename Number>
void AppendNumber(std::string& out, Number value) {
  char buffer[40];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

template <typename ArrayType>
class IntegerText : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    AppendNumber(out, static_cast<int64_t>(static_cast<const ArrayType&>(values).Value(row)));
    return Status();
  }
};

template <typename ArrayType>
class FloatText : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const auto value = static_cast<const ArrayType&>(values).Value(row);
    if (std::isnan(value)) {
      out += "NaN";
    } else if (std::isinf(value)) {
      out += value > 0 ? "Infinity" : "-Infinity";
    } else {
      AppendNumber(out, value);
    }
    return Status();
  }
};

class BooleanText : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    out.push_back(static_cast<const arrow::BooleanArray&>(values).Value(row) ? 't' : 'f');
    return Status();
  }
};

class DecimalText : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    out += static_cast<const arrow::Decimal128Array&>(values).FormatValue(row);
    return Status();
  }
};

class PlainText : public ColumnEncoder {
 public:
  explicit PlainText(NulRule nul) : nul_(nul) {}
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    return AppendWithoutNul(out, static_cast<const arrow::StringArray&>(values).GetView(row), nul_);
  }

 private:
  const NulRule nul_;
};

class HexText : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    static constexpr char kDigits[] = "0123456789abcdef";
    out += "\\x";
    for (const char c : static_cast<const arrow::BinaryArray&>(values).GetView(row)) {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
    return Status();
  }
};

void AppendPadded(std::string& out, int64_t number, int width) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  for (auto digits = end - buffer; digits < width; ++digits) out.push_back('0');
  out.append(buffer, end);
}

/// The year 0 is 1 BC in PostgreSQL. \return whether it is one of those.
bool AppendDay(std::string& out, int64_t days) {
  const CivilDate date = CivilFromDays(days);
  const bool before_christ = date.year <= 0;
  AppendPadded(out, before_christ ? 1 - date.year : date.year, 4);
  out.push_back('-');
  AppendPadded(out, date.month, 2);
  out.push_back('-');
  AppendPadded(out, date.day, 2);
  return before_christ;
}

class DateText : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    if (AppendDay(out, static_cast<const arrow::Date32Array&>(values).Value(row))) out += " BC";
    return Status();
  }
};

class TimestampText : public ColumnEncoder {
 public:
  explicit TimestampText(bool has_zone) : has_zone_(has_zone) {}
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const int64_t micros = static_cast<const arrow::TimestampArray&>(values).Value(row);
    int64_t days = micros / kMicrosPerDay, rest = micros % kMicrosPerDay;
    if (rest < 0) {
      rest += kMicrosPerDay;
      --days;
    }
    const bool before_christ = AppendDay(out, days);
    const int64_t seconds = rest / 1000000;
    out.push_back(' ');
    AppendPadded(out, seconds / 3600, 2);
    out.push_back(':');
    AppendPadded(out, seconds / 60 % 60, 2);
    out.push_back(':');
    AppendPadded(out, seconds % 60, 2);
    if (rest % 1000000 != 0) {
      out.push_back('.');
      AppendPadded(out, rest % 1000000, 6);
    }
    if (has_zone_) out += "+00";
    if (before_christ) out += " BC";
    return Status();
  }

 private:
  const bool has_zone_;
};

class JsonText : public ColumnEncoder {
 public:
  JsonText(std::shared_ptr<arrow::Field> field, NulRule nul)
      : field_(std::move(field)), nul_(nul) {}
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    return AppendTargetJson(out, *field_, values, row, nul_);
  }

 private:
  const std::shared_ptr<arrow::Field> field_;
  const NulRule nul_;
};

/// {1,NULL,"a"}, lists of lists alike.
class ArrayText : public ColumnEncoder {
 public:
  explicit ArrayText(std::unique_ptr<ColumnEncoder> item, bool is_nested)
      : item_(std::move(item)), is_nested_(is_nested) {}
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const auto& list = static_cast<const arrow::ListArray&>(values);
    const arrow::Array& items = *list.values();
    out.push_back('{');
    for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
      if (i > list.value_offset(row)) out.push_back(',');
      if (items.IsNull(i)) {
        out += "NULL";
      } else if (is_nested_) {
        DELTAIC_RETURN_IF_ERROR(item_->Append(out, items, i));
      } else {
        DELTAIC_RETURN_IF_ERROR(AppendQuoted(out, items, i));
      }
    }
    out.push_back('}');
    return Status();
  }

 private:
  Status AppendQuoted(std::string& out, const arrow::Array& items, int64_t row) const {
    std::string text;
    DELTAIC_RETURN_IF_ERROR(item_->Append(text, items, row));
    out.push_back('"');
    for (const char c : text) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
    return Status();
  }

  const std::unique_ptr<ColumnEncoder> item_;
  const bool is_nested_;
};

bool IsArrayType(std::string_view pg_type) { return pg_type.ends_with("[]"); }

}  // namespace

std::string BarePostgresType(std::string_view pg_type) {
  const size_t open = pg_type.find('('), close = pg_type.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::string(pg_type);
  return std::string(pg_type.substr(0, open)) + std::string(pg_type.substr(close + 1));
}

std::string SuitingPostgresType(const arrow::Field& field) {
  if (IsVariantField(field)) return "jsonb";
  switch (field.type()->id()) {
    case arrow::Type::BOOL:
      return "boolean";
    case arrow::Type::INT8:
    case arrow::Type::INT16:
      return "smallint";
    case arrow::Type::INT32:
      return "integer";
    case arrow::Type::INT64:
      return "bigint";
    case arrow::Type::FLOAT:
      return "real";
    case arrow::Type::DOUBLE:
      return "double precision";
    case arrow::Type::BINARY:
      return "bytea";
    case arrow::Type::DATE32:
      return "date";
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(*field.type()).timezone().empty()
                 ? "timestamp without time zone"
                 : "timestamp with time zone";
    case arrow::Type::DECIMAL128: {
      const auto& type = static_cast<const arrow::Decimal128Type&>(*field.type());
      return Concat("numeric(", type.precision(), ",", type.scale(), ")");
    }
    case arrow::Type::LIST: {
      const arrow::Field& item = *field.type()->field(0);
      if (arrow::is_nested(item.type()->id())) return "jsonb";
      return SuitingPostgresType(item) + "[]";
    }
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      return "jsonb";
    default:
      return "text";
  }
}

Result<std::unique_ptr<ColumnEncoder>> MakeTextEncoder(const arrow::Field& field,
                                                       std::string_view pg_type, NulRule nul) {
  using Made = std::unique_ptr<ColumnEncoder>;
  const std::string suiting = SuitingPostgresType(field);
  if (pg_type.empty()) pg_type = suiting;
  if (IsVariantField(field)) return Made(std::make_unique<JsonText>(field.Copy(), nul));
  switch (field.type()->id()) {
    case arrow::Type::BOOL:
      return Made(std::make_unique<BooleanText>());
    case arrow::Type::INT8:
      return Made(std::make_unique<IntegerText<arrow::Int8Array>>());
    case arrow::Type::INT16:
      return Made(std::make_unique<IntegerText<arrow::Int16Array>>());
    case arrow::Type::INT32:
      return Made(std::make_unique<IntegerText<arrow::Int32Array>>());
    case arrow::Type::INT64:
      return Made(std::make_unique<IntegerText<arrow::Int64Array>>());
    case arrow::Type::FLOAT:
      return Made(std::make_unique<FloatText<arrow::FloatArray>>());
    case arrow::Type::DOUBLE:
      return Made(std::make_unique<FloatText<arrow::DoubleArray>>());
    case arrow::Type::DECIMAL128:
      return Made(std::make_unique<DecimalText>());
    case arrow::Type::STRING:
      return Made(std::make_unique<PlainText>(nul));
    case arrow::Type::BINARY:
      return Made(std::make_unique<HexText>());
    case arrow::Type::DATE32:
      return Made(std::make_unique<DateText>());
    case arrow::Type::TIMESTAMP: {
      const auto& type = static_cast<const arrow::TimestampType&>(*field.type());
      if (type.unit() != arrow::TimeUnit::MICRO) break;
      return Made(std::make_unique<TimestampText>(!type.timezone().empty()));
    }
    case arrow::Type::LIST: {
      if (!IsArrayType(pg_type)) return Made(std::make_unique<JsonText>(field.Copy(), nul));
      const arrow::Field& item = *field.type()->field(0);
      const bool is_nested = item.type()->id() == arrow::Type::LIST;
      DELTAIC_ASSIGN_OR_RETURN(
          auto encoder,
          MakeTextEncoder(item, is_nested ? pg_type : pg_type.substr(0, pg_type.size() - 2), nul));
      return Made(std::make_unique<ArrayText>(std::move(encoder), is_nested));
    }
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      return Made(std::make_unique<JsonText>(field.Copy(), nul));
    default:
      break;
  }
  return Status::Unsupported("the column ", field.name(), " cannot be copied: it is of Arrow type ",
                             field.type()->ToString());
}

}  // namespace deltaic
