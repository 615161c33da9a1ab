#include "ingest/avro/avro_values.h"

#include <charconv>
#include <cmath>

#include "base/civil_time.h"
#include "expr/decimal.h"
#include "ingest/decode/base64.h"
#include "ingest/decode/cells.h"
#include "protocol/json.h"

namespace deltaic::ingest {
namespace {

void AppendLong(std::string& out, int64_t value) {
  auto bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  while (bits >= 0x80) {
    out.push_back(static_cast<char>(bits | 0x80));
    bits >>= 7;
  }
  out.push_back(static_cast<char>(bits));
}

template <typename T>
void AppendPlain(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

/// Bytes of a default are the code points of a text.
std::optional<std::string> BytesOfText(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      out.push_back(text[i]);
    } else if ((byte == 0xC2 || byte == 0xC3) && i + 1 < text.size()) {
      out.push_back(static_cast<char>((byte & 3) << 6 | (text[++i] & 0x3F)));
    } else {
      return std::nullopt;
    }
  }
  return out;
}

bool JsonOfBytes(const AvroType& type, std::string_view bytes, std::string& out) {
  if (type.logical == AvroLogical::kDecimal) {
    Int128 number = 0;
    if (!AvroDecimal(bytes, number)) return false;
    out += Concat('"', FormatDecimal(number, type.scale), '"');
  } else if (type.logical == AvroLogical::kUuid && type.kind == AvroKind::kFixed) {
    out += Concat('"', FormatUuid(bytes), '"');
  } else if (type.kind == AvroKind::kString) {
    if (!IsUtf8(bytes)) return false;
    AppendJsonString(out, bytes);
  } else {
    out += Concat('"', EncodeBase64(bytes), '"');
  }
  return true;
}

bool JsonOfLong(const AvroType& type, int64_t value, std::string& out) {
  if (type.logical == AvroLogical::kDate) {
    out += Concat('"', FormatDate(static_cast<int32_t>(value)), '"');
  } else if (const int64_t units = UnitsPerSecond(type.logical); units > 0) {
    int64_t micros = 0;
    if (!MicrosOf(value, units, micros)) return false;
    const bool is_local = type.logical >= AvroLogical::kLocalMillis;
    out += Concat('"', FormatTimestampMicros(micros, 'T', is_local ? "" : "Z"), '"');
  } else {
    out += std::to_string(value);
  }
  return true;
}

void JsonOfDouble(double value, std::string& out) {
  if (std::isfinite(value)) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof(text), value);
    out.append(text, end.ptr);
  } else {
    out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  }
}

bool JsonOfItems(const AvroType& type, AvroReader& in, std::string& out) {
  const bool is_map = type.kind == AvroKind::kMap;
  out += is_map ? '{' : '[';
  bool first = true;
  for (int64_t count = 1; true;) {
    if (!in.Block(count)) return false;
    if (count == 0) break;
    for (; count > 0; --count) {
      if (!first) out += ',';
      first = false;
      if (is_map) {
        std::string_view key;
        if (!in.Bytes(key) || !IsUtf8(key)) return false;
        AppendJsonString(out, key);
        out += ':';
      }
      if (!AppendAvroJson(*type.children[0], in, out)) return false;
    }
  }
  out += is_map ? '}' : ']';
  return true;
}

}  // namespace

bool AppendAvroJson(const AvroType& type, AvroReader& in, std::string& out) {
  int64_t number = 0;
  double real = 0;
  float small = 0;
  bool flag = false;
  std::string_view bytes;
  switch (type.kind) {
    case AvroKind::kNull:
      out += "null";
      return true;
    case AvroKind::kBoolean:
      if (!in.Bool(flag)) return false;
      out += flag ? "true" : "false";
      return true;
    case AvroKind::kInt:
    case AvroKind::kLong:
      return in.Long(number) && JsonOfLong(type, number, out);
    case AvroKind::kFloat:
      if (!in.Plain(small)) return false;
      JsonOfDouble(small, out);
      return true;
    case AvroKind::kDouble:
      if (!in.Plain(real)) return false;
      JsonOfDouble(real, out);
      return true;
    case AvroKind::kBytes:
    case AvroKind::kString:
      return in.Bytes(bytes) && JsonOfBytes(type, bytes, out);
    case AvroKind::kFixed:
      return in.Fixed(type.size, bytes) && JsonOfBytes(type, bytes, out);
    case AvroKind::kEnum:
      if (!in.Long(number) || number < 0 || static_cast<size_t>(number) >= type.symbols.size()) {
        return false;
      }
      AppendJsonString(out, type.symbols[static_cast<size_t>(number)]);
      return true;
    case AvroKind::kUnion:
      return in.Long(number) && number >= 0 && static_cast<size_t>(number) < type.children.size() &&
             AppendAvroJson(*type.children[static_cast<size_t>(number)], in, out);
    case AvroKind::kArray:
    case AvroKind::kMap:
      return JsonOfItems(type, in, out);
    case AvroKind::kRecord:
      break;
  }
  out += '{';
  for (size_t i = 0; i < type.fields.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(out, type.fields[i].name);
    out += ':';
    if (!AppendAvroJson(*type.fields[i].type, in, out)) return false;
  }
  out += '}';
  return true;
}

Status EncodeAvroDefault(const AvroType& type, const Json& value, std::string& out) {
  const auto mismatch = [] { return Status::SchemaMismatch("a default of another type"); };
  const auto* integer = std::get_if<int64_t>(&value.value);
  const std::string* text = value.as_text();
  switch (type.kind) {
    case AvroKind::kNull:
      return value.is_null() ? Status() : mismatch();
    case AvroKind::kBoolean:
      if (value.as_bool() == nullptr) return mismatch();
      out.push_back(*value.as_bool() ? 1 : 0);
      return Status();
    case AvroKind::kInt:
    case AvroKind::kLong:
      if (integer == nullptr) return mismatch();
      AppendLong(out, *integer);
      return Status();
    case AvroKind::kFloat:
      if (!value.is_number()) return mismatch();
      AppendPlain(out, static_cast<float>(value.number()));
      return Status();
    case AvroKind::kDouble:
      if (!value.is_number()) return mismatch();
      AppendPlain(out, value.number());
      return Status();
    case AvroKind::kString:
      if (text == nullptr) return mismatch();
      AppendLong(out, static_cast<int64_t>(text->size()));
      out += *text;
      return Status();
    case AvroKind::kBytes:
    case AvroKind::kFixed: {
      const auto bytes = text == nullptr ? std::nullopt : BytesOfText(*text);
      if (!bytes) return mismatch();
      if (type.kind == AvroKind::kBytes) {
        AppendLong(out, static_cast<int64_t>(bytes->size()));
      } else if (static_cast<int64_t>(bytes->size()) != type.size) {
        return mismatch();
      }
      out += *bytes;
      return Status();
    }
    case AvroKind::kEnum:
      for (size_t i = 0; text != nullptr && i < type.symbols.size(); ++i) {
        if (type.symbols[i] != *text) continue;
        AppendLong(out, static_cast<int64_t>(i));
        return Status();
      }
      return mismatch();
    case AvroKind::kUnion: {
      // The first branch by the specification; newer ones allow any.
      for (size_t i = 0; i < type.children.size(); ++i) {
        std::string branch;
        if (!EncodeAvroDefault(*type.children[i], value, branch).ok()) continue;
        AppendLong(out, static_cast<int64_t>(i));
        out += branch;
        return Status();
      }
      return mismatch();
    }
    case AvroKind::kArray:
      if (value.as_array() == nullptr) return mismatch();
      for (const Json& item : *value.as_array()) {
        AppendLong(out, 1);
        DELTAIC_RETURN_IF_ERROR(EncodeAvroDefault(*type.children[0], item, out));
      }
      out.push_back(0);
      return Status();
    case AvroKind::kMap:
      if (value.as_object() == nullptr) return mismatch();
      for (const auto& [key, item] : *value.as_object()) {
        AppendLong(out, 1);
        AppendLong(out, static_cast<int64_t>(key.size()));
        out += key;
        DELTAIC_RETURN_IF_ERROR(EncodeAvroDefault(*type.children[0], item, out));
      }
      out.push_back(0);
      return Status();
    case AvroKind::kRecord:
      break;
  }
  if (value.as_object() == nullptr) return mismatch();
  for (const AvroField& field : type.fields) {
    const Json* given = value.Find(field.name);
    if (given == nullptr && field.default_value) given = &*field.default_value;
    if (given == nullptr) return mismatch();
    DELTAIC_RETURN_IF_ERROR(EncodeAvroDefault(*field.type, *given, out));
  }
  return Status();
}

std::string FormatUuid(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

int64_t UnitsPerSecond(AvroLogical logical) {
  switch (logical) {
    case AvroLogical::kTimestampMillis:
    case AvroLogical::kLocalMillis:
      return 1'000;
    case AvroLogical::kTimestampMicros:
    case AvroLogical::kLocalMicros:
      return 1'000'000;
    case AvroLogical::kTimestampNanos:
    case AvroLogical::kLocalNanos:
      return 1'000'000'000;
    default:
      return 0;
  }
}

}  // namespace deltaic::ingest
