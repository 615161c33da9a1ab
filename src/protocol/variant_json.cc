#include "protocol/variant_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/civil_time.h"
#include "base/uuid.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

/// A few names of the dictionary can stand for any number of fields: the text may be far longer
/// than the value.
constexpr size_t kMaxJsonBytes = size_t{256} << 20;

/// As Java's Double.toString: digits with a point from 0.001 up to 10 million, else with E.
template <typename Float>
std::string JavaFloatText(Float value) {
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  std::string out;
  if (text.starts_with('-')) out.push_back('-'), text.remove_prefix(1);
  const size_t e = text.find('e');
  int exponent = 0;
  // from_chars takes no plus sign.
  const std::string_view power = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  const auto number_of_digits = static_cast<int>(digits.size());
  if (value == 0) return out + "0.0";
  if (exponent < -3 || exponent >= 7) {
    return out + digits[0] + '.' + (number_of_digits > 1 ? digits.substr(1) : "0") + 'E' +
           std::to_string(exponent);
  }
  if (exponent < 0)
    return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  if (number_of_digits <= exponent + 1) {
    return out + digits + std::string(static_cast<size_t>(exponent + 1 - number_of_digits), '0') +
           ".0";
  }
  const auto whole = static_cast<size_t>(exponent) + 1;
  return out + digits.substr(0, whole) + '.' + digits.substr(whole);
}

std::string NineDigits(int64_t number) {
  std::string digits = std::to_string(number);
  return std::string(9 - digits.size(), '0') + digits;
}

/// Cuts the zeros off the fraction, and the point where nothing is left.
std::string WithoutEndingZeros(std::string text) {
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string TimestampText(int64_t micros, std::string_view zone) {
  return Concat(WithoutEndingZeros(FormatTimestampMicros(micros, ' ', "")), zone);
}

std::string NanosTimestampText(int64_t nanos, std::string_view zone) {
  constexpr int64_t kNanosPerSecond = 1000000000;
  int64_t seconds = nanos / kNanosPerSecond;
  int64_t fraction = nanos % kNanosPerSecond;
  if (fraction < 0) {
    fraction += kNanosPerSecond;
    --seconds;
  }
  std::string text = FormatTimestampMicros(seconds * 1000000, ' ', "");
  text.resize(text.size() - 6);
  return Concat(WithoutEndingZeros(text + NineDigits(fraction)), zone);
}

/// A time of day as the part of a timestamp behind the date.
Result<std::string> TimeText(int64_t micros) {
  constexpr int64_t kMicrosPerDay = 86400000000;
  if (micros < 0 || micros >= kMicrosPerDay)
    return Status::Corruption("a variant is damaged: a time of day is outside the day");
  const std::string text = TimestampText(micros, "");
  return text.substr(text.find(' ') + 1);
}

std::string UuidText(std::string_view bytes) {
  UuidBytes uuid;
  std::memcpy(uuid.data(), bytes.data(), uuid.size());
  return FormatUuid(uuid);
}

class JsonAppender {
 public:
  JsonAppender(std::string& out, const VariantMetadata& metadata, const TimeZone* zone)
      : out_(out), max_size_(out.size() + kMaxJsonBytes), metadata_(metadata), zone_(zone) {}

  Status Append(const VariantValue& value, int depth) {
    if (depth > kMaxVariantDepth) {
      return Status::Corruption("a variant nests deeper than ", kMaxVariantDepth);
    }
    if (out_.size() > max_size_) return Status::Unsupported("a variant has over 256 MiB of JSON");
    switch (value.type()) {
      case VariantType::kObject:
        return AppendObject(value, depth);
      case VariantType::kArray:
        return AppendArray(value, depth);
      default:
        return AppendPrimitive(value);
    }
  }

 private:
  Status AppendObject(const VariantValue& object, int depth) {
    out_.push_back('{');
    std::optional<std::string_view> previous;
    VariantMembers members(object);
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
      if (!more) break;
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view name, metadata_.Name(members.field_id()));
      if (previous && *previous >= name) {
        return Status::Corruption(
            "a variant is damaged: the fields of an object are not in the order of their names");
      }
      if (previous) out_.push_back(',');
      previous = name;
      AppendJsonString(out_, name);
      out_.push_back(':');
      DELTAIC_RETURN_IF_ERROR(Append(members.value(), depth + 1));
    }
    out_.push_back('}');
    return Status();
  }

  Status AppendArray(const VariantValue& array, int depth) {
    out_.push_back('[');
    VariantMembers members(array);
    for (bool first = true;; first = false) {
      DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
      if (!more) break;
      if (!first) out_.push_back(',');
      DELTAIC_RETURN_IF_ERROR(Append(members.value(), depth + 1));
    }
    out_.push_back(']');
    return Status();
  }

  Status AppendPrimitive(const VariantValue& value) {
    switch (value.type()) {
      case VariantType::kNull:
        out_ += "null";
        break;
      case VariantType::kBoolean:
        out_ += value.boolean() ? "true" : "false";
        break;
      case VariantType::kFloat:
        AppendFloat(static_cast<float>(value.number()));
        break;
      case VariantType::kDouble:
        AppendFloat(value.number());
        break;
      case VariantType::kDecimal4:
      case VariantType::kDecimal8:
      case VariantType::kDecimal16:
        out_ += VariantDecimalText(value);
        break;
      case VariantType::kString:
        AppendJsonString(out_, value.content());
        break;
      case VariantType::kInt8:
      case VariantType::kInt16:
      case VariantType::kInt32:
      case VariantType::kInt64:
        out_ += std::to_string(value.integer());
        break;
      default: {
        DELTAIC_ASSIGN_OR_RETURN(const std::string text, QuotedText(value));
        AppendJsonString(out_, text);
      }
    }
    return Status();
  }

  template <typename Float>
  void AppendFloat(Float value) {
    if (std::isnan(value)) {
      out_ += "\"NaN\"";
    } else if (std::isinf(value)) {
      out_ += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    } else {
      out_ += JavaFloatText(value);
    }
  }

  /// An instant as clocks of the zone show it.
  Result<std::string> InstantText(int64_t micros) const {
    if (zone_ == nullptr) return TimestampText(micros, ZoneOffsetText(0));
    const std::optional<int64_t> local = zone_->ToLocal(micros);
    if (!local) return Status::InvalidArgument("a timestamp in a variant is out of range");
    return TimestampText(*local, ZoneOffsetText(zone_->OffsetAt(micros)));
  }

  Result<std::string> QuotedText(const VariantValue& value) const {
    switch (value.type()) {
      case VariantType::kDate:
        return FormatDate(static_cast<int32_t>(value.integer()));
      case VariantType::kTime:
        return TimeText(value.integer());
      case VariantType::kTimestamp:
        return InstantText(value.integer());
      case VariantType::kTimestampNtz:
        return TimestampText(value.integer(), "");
      case VariantType::kTimestampNanos:
        return NanosTimestampText(value.integer(), "+00:00");
      case VariantType::kTimestampNtzNanos:
        return NanosTimestampText(value.integer(), "");
      case VariantType::kUuid:
        return UuidText(value.content());
      default:
        return Base64Text(value.content());
    }
  }

  std::string& out_;
  const size_t max_size_;
  const VariantMetadata& metadata_;
  const TimeZone* zone_;
};

}  // namespace

std::string VariantDecimalText(const VariantValue& decimal) {
  const Int128 unscaled = decimal.unscaled();
  const bool negative = unscaled < 0;
  // Negating the smallest number is undefined, negating its unsigned form is not.
  auto rest = static_cast<unsigned __int128>(unscaled);
  if (negative) rest = 0 - rest;
  const auto scale = static_cast<size_t>(decimal.scale());
  std::string digits;
  for (; rest != 0 || digits.size() <= scale; rest /= 10) {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  if (scale > 0) digits.insert(scale, 1, '.');
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return scale > 0 ? WithoutEndingZeros(std::move(digits)) : digits;
}

std::string ZoneOffsetText(int64_t offset_micros) {
  constexpr int64_t kMicrosPerMinute = 60'000'000;
  const int64_t minutes = std::abs(offset_micros) / kMicrosPerMinute;
  const auto two_digits = [](int64_t number) { return Concat(number < 10 ? "0" : "", number); };
  return Concat(offset_micros < 0 ? "-" : "+", two_digits(minutes / 60), ":",
                two_digits(minutes % 60));
}

std::string Base64Text(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t taken = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < taken ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out.push_back(k <= taken ? kDigits[group >> (18 - 6 * k) & 63] : '=');
    }
  }
  return out;
}

Status AppendVariantJson(std::string& out, std::string_view metadata, std::string_view value,
                         const TimeZone* zone) {
  DELTAIC_ASSIGN_OR_RETURN(const VariantMetadata names, VariantMetadata::Parse(metadata));
  DELTAIC_ASSIGN_OR_RETURN(const VariantValue root, VariantValue::Parse(value));
  return JsonAppender(out, names, zone).Append(root, 1);
}

}  // namespace deltaic
