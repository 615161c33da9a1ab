#include "table/stats_array.h"

#include <arrow/api.h>

#include <optional>
#include <type_traits>
#include <utility>

#include "data/actions/file_actions.h"
#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// The inside of a JSON string without escapes.
std::optional<std::string_view> Unquoted(std::string_view text) {
  if (!text.starts_with('"')) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

Status WrongValue() { return Status::Internal("statistics of another type than their column's"); }

/// Values of a fixed size. \tparam Parse  takes a JSON scalar and returns what Value holds of the
/// type, if anything.
template <typename Builder, typename Parse>
class FixedArray : public StatsArray {
 public:
  FixedArray(std::unique_ptr<arrow::ArrayBuilder> builder, Parse parse)
      : owned_(std::move(builder)),
        builder_(static_cast<Builder&>(*owned_)),
        parse_(std::move(parse)) {
    if constexpr (std::is_same_v<Stored, Int128>) {
      precision_ = static_cast<const arrow::DecimalType&>(*builder_.type()).precision();
    }
  }

  Status AppendTexts(const std::string_view* texts, size_t stride, int64_t count) override {
    DELTAIC_RETURN_IF_ERROR(builder_.Reserve(count));
    for (int64_t i = 0; i < count; ++i, texts += stride) {
      const std::optional<Stored> value = texts->empty() ? std::nullopt : parse_(*texts);
      if (value && Fits(*value)) {
        UnsafeAppend(*value);
      } else {
        builder_.UnsafeAppendNull();
      }
    }
    return Status::Ok();
  }

  Status AppendValue(const Value& value) override {
    if (IsNull(value)) return AsStatus(builder_.AppendNull());
    const auto* stored = std::get_if<Stored>(&value);
    if (stored == nullptr) return WrongValue();
    if (!Fits(*stored)) return AsStatus(builder_.AppendNull());
    DELTAIC_RETURN_IF_ERROR(builder_.Reserve(1));
    UnsafeAppend(*stored);
    return Status::Ok();
  }

  Result<std::shared_ptr<arrow::Array>> Finish() override {
    DELTAIC_ASSIGN_OR_RETURN(auto array, builder_.Finish());
    return array;
  }

 private:
  using Stored = typename std::invoke_result_t<Parse, std::string_view>::value_type;

  /// False for a value that no row of the column can have: there is nothing to show for it.
  bool Fits(Stored value) const {
    if constexpr (std::is_same_v<Stored, Int128>) {
      return ToArrow(value).FitsInPrecision(precision_);
    } else if constexpr (std::is_same_v<Stored, int64_t>) {
      return std::in_range<typename Builder::value_type>(value);
    } else {
      return true;
    }
  }

  static arrow::Decimal128 ToArrow(Int128 value) {
    return {static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value)};
  }

  void UnsafeAppend(Stored value) {
    if constexpr (std::is_same_v<Stored, Int128>) {
      builder_.UnsafeAppend(ToArrow(value));
    } else {
      builder_.UnsafeAppend(static_cast<typename Builder::value_type>(value));
    }
  }

  std::unique_ptr<arrow::ArrayBuilder> owned_;
  Builder& builder_;
  Parse parse_;
  int32_t precision_ = 0;  ///< decimal
};

class TextArray : public StatsArray {
 public:
  Status AppendTexts(const std::string_view* texts, size_t stride, int64_t count) override {
    int64_t bytes = 0;
    for (int64_t i = 0; i < count; ++i) {
      bytes += static_cast<int64_t>(texts[static_cast<size_t>(i) * stride].size());
    }
    DELTAIC_RETURN_IF_ERROR(builder_.Reserve(count));
    DELTAIC_RETURN_IF_ERROR(builder_.ReserveData(bytes));
    for (int64_t i = 0; i < count; ++i, texts += stride) {
      if (const auto text = Unquoted(*texts)) {
        builder_.UnsafeAppend(*text);
      } else {
        builder_.UnsafeAppendNull();
      }
    }
    return Status::Ok();
  }

  Status AppendValue(const Value& value) override {
    if (IsNull(value)) return AsStatus(builder_.AppendNull());
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? WrongValue() : AsStatus(builder_.Append(*text));
  }

  Result<std::shared_ptr<arrow::Array>> Finish() override {
    DELTAIC_ASSIGN_OR_RETURN(auto array, builder_.Finish());
    return array;
  }

 private:
  arrow::StringBuilder builder_{FileActionsPool()};
};

template <typename Builder, typename Parse>
std::unique_ptr<StatsArray> MakeFixed(std::unique_ptr<arrow::ArrayBuilder> builder, Parse parse) {
  return std::make_unique<FixedArray<Builder, Parse>>(std::move(builder), std::move(parse));
}

std::optional<int64_t> ParseQuotedDate(std::string_view token) {
  const auto text = Unquoted(token);
  return text ? ParseDateBound(*text) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<StatsArray>> StatsArray::OfBounds(const StructField& field, BoundSide side) {
  const BoundType type = MakeBoundType(field);
  DELTAIC_ASSIGN_OR_RETURN(const auto arrow_type, ToArrowType(*field.type));
  DELTAIC_ASSIGN_OR_RETURN(auto builder, arrow::MakeBuilder(arrow_type, FileActionsPool()));
  const auto floating = [=](std::string_view token) {
    return ParseFloatingBound(token, type, side);
  };
  switch (type.id) {
    case TypeId::kByte:
      return MakeFixed<arrow::Int8Builder>(std::move(builder), ParseIntegerBound);
    case TypeId::kShort:
      return MakeFixed<arrow::Int16Builder>(std::move(builder), ParseIntegerBound);
    case TypeId::kInteger:
      return MakeFixed<arrow::Int32Builder>(std::move(builder), ParseIntegerBound);
    case TypeId::kLong:
      return MakeFixed<arrow::Int64Builder>(std::move(builder), ParseIntegerBound);
    case TypeId::kFloat:
      return MakeFixed<arrow::FloatBuilder>(std::move(builder), floating);
    case TypeId::kDouble:
      return MakeFixed<arrow::DoubleBuilder>(std::move(builder), floating);
    case TypeId::kDecimal:
      return MakeFixed<arrow::Decimal128Builder>(std::move(builder), [=](std::string_view token) {
        return ParseDecimalBound(token, type, side);
      });
    case TypeId::kDate:
      return MakeFixed<arrow::Date32Builder>(std::move(builder), ParseQuotedDate);
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return MakeFixed<arrow::TimestampBuilder>(
          std::move(builder), [=](std::string_view token) -> std::optional<int64_t> {
            const auto text = Unquoted(token);
            return text ? ParseTimestampBound(*text, type, side) : std::nullopt;
          });
    case TypeId::kString:
      return std::unique_ptr<StatsArray>(std::make_unique<TextArray>());
    default:
      return Status::Unsupported("no column of bounds of type ", field.type->ToString());
  }
}

std::unique_ptr<StatsArray> StatsArray::OfCounts() {
  return MakeFixed<arrow::Int64Builder>(std::make_unique<arrow::Int64Builder>(FileActionsPool()),
                                        ParseIntegerBound);
}

}  // namespace deltaic
