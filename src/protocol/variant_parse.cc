#include "protocol/variant_parse.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "protocol/json_reader.h"
#include "protocol/variant.h"
#include "protocol/variant_builder.h"

namespace deltaic {
namespace {

using json::JsonValue;

constexpr int kMaxDecimalDigits = 38;

void AppendLittleEndian(std::string& out, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> 8 * i & 0xFF));
}

int BytesOf(uint64_t value) {
  return value <= 0xFF ? 1 : value <= 0xFFFF ? 2 : value <= 0xFFFFFF ? 3 : 4;
}

void AppendInteger(std::string& out, int64_t value) {
  const VariantType type = std::in_range<int8_t>(value)    ? VariantType::kInt8
                           : std::in_range<int16_t>(value) ? VariantType::kInt16
                           : std::in_range<int32_t>(value) ? VariantType::kInt32
                                                           : VariantType::kInt64;
  AppendVariantInteger(out, type, value);
}

/// False for a number that no decimal holds as it is written.
bool AppendDecimal(std::string& out, std::string_view token) {
  const bool negative = token.starts_with('-');
  if (negative) token.remove_prefix(1);
  Int128 unscaled = 0;
  int digits = 0, scale = 0;
  bool after_point = false;
  for (const char c : token) {
    if (c == '.') {
      after_point = true;
      continue;
    }
    if (c < '0' || c > '9') return false;
    if (digits > 0 || c != '0') ++digits;
    if (after_point) ++scale;
    if (digits > kMaxDecimalDigits || scale > kMaxDecimalDigits) return false;
    unscaled = unscaled * 10 + (c - '0');
  }
  AppendVariantDecimal(out, negative ? -unscaled : unscaled, std::max(digits, scale), scale);
  return true;
}

class Builder {
 public:
  Status Append(JsonValue& json, std::string& out, int depth) {
    if (depth > kMaxVariantDepth) {
      return Status::InvalidArgument("JSON nests deeper than ", kMaxVariantDepth);
    }
    simdjson::ondemand::json_type type{};
    if (const auto error = json.type().get(type)) return json::BrokenJson(error);
    switch (type) {
      case simdjson::ondemand::json_type::object:
        return AppendObject(json, out, depth);
      case simdjson::ondemand::json_type::array:
        return AppendArray(json, out, depth);
      case simdjson::ondemand::json_type::string: {
        std::string_view text;
        if (const auto error = json.get_string().get(text)) return json::BrokenJson(error);
        AppendVariantString(out, text);
        return Status::Ok();
      }
      case simdjson::ondemand::json_type::number:
        return AppendNumber(json, out);
      case simdjson::ondemand::json_type::boolean: {
        bool flag = false;
        if (const auto error = json.get_bool().get(flag)) return json::BrokenJson(error);
        AppendVariantBoolean(out, flag);
        return Status::Ok();
      }
      default: {
        bool null = false;
        if (const auto error = json.is_null().get(null)) return json::BrokenJson(error);
        if (!null) return json::BrokenJson("no value");
        AppendVariantNull(out);
        return Status::Ok();
      }
    }
  }

  const std::vector<std::string>& names() const { return names_; }

 private:
  Status AppendObject(JsonValue& json, std::string& out, int depth) {
    std::string content;
    std::map<std::string, VariantPart, std::less<>> parts;  // by name
    DELTAIC_RETURN_IF_ERROR(
        json::ForEachField(json, [&](std::string_view key, JsonValue& member) -> Status {
          const VariantPart part{IdOf(key), static_cast<uint32_t>(content.size())};
          if (!parts.emplace(key, part).second) {
            return Status::InvalidArgument("JSON has the key '", key, "' twice in one object");
          }
          return Append(member, content, depth + 1);
        }));
    std::vector<VariantPart> ordered;
    ordered.reserve(parts.size());
    for (const auto& [name, part] : parts) ordered.push_back(part);
    AppendVariantObject(out, ordered, content);
    return Status::Ok();
  }

  Status AppendArray(JsonValue& json, std::string& out, int depth) {
    std::string content;
    std::vector<VariantPart> parts;
    DELTAIC_RETURN_IF_ERROR(json::ForEachElement(json, [&](JsonValue& element) -> Status {
      parts.push_back({0, static_cast<uint32_t>(content.size())});
      return Append(element, content, depth + 1);
    }));
    AppendVariantArray(out, parts, content);
    return Status::Ok();
  }

  static Status AppendNumber(JsonValue& json, std::string& out) {
    const std::string_view token = json::ScalarToken(json);
    double real = 0;
    // It checks the number's form as well.
    if (const auto error = json.get_double().get(real)) {
      if (error != simdjson::NUMBER_ERROR) return json::BrokenJson(error);
      return json::BrokenJson("a number is none");
    }
    int64_t whole = 0;
    const char* const end = token.data() + token.size();
    if (const auto parsed = std::from_chars(token.data(), end, whole);
        parsed.ec == std::errc() && parsed.ptr == end) {
      AppendInteger(out, whole);
    } else if (!AppendDecimal(out, token)) {
      AppendVariantDouble(out, real);
    }
    return Status::Ok();
  }

  uint32_t IdOf(std::string_view name) {
    const auto known = ids_.find(name);
    if (known != ids_.end()) return known->second;
    const auto id = static_cast<uint32_t>(names_.size());
    names_.emplace_back(name);
    ids_.emplace(name, id);
    return id;
  }

  std::vector<std::string> names_;
  std::map<std::string, uint32_t, std::less<>> ids_;
};

}  // namespace

std::string FormatVariantMetadata(const std::vector<std::string>& names) {
  size_t bytes = 0;
  for (const std::string& name : names) bytes += name.size();
  const int size = BytesOf(std::max(bytes, names.size()));
  std::string out(1, static_cast<char>(1 | (size - 1) << 6));
  AppendLittleEndian(out, names.size(), size);
  size_t at = 0;
  for (const std::string& name : names) {
    AppendLittleEndian(out, at, size);
    at += name.size();
  }
  AppendLittleEndian(out, at, size);
  for (const std::string& name : names) out += name;
  return out;
}

Result<EncodedVariant> ParseVariantJson(std::string_view json) {
  // As the one element of an array, so that any value may be the root.
  const std::string wrapped = Concat('[', json, ']');
  json::ParserLease lease;
  auto document = lease.Start(wrapped);
  Status status = document.status();
  Builder builder;
  EncodedVariant out;
  int num_roots = 0;
  if (status.ok()) {
    JsonValue root;
    if (const auto error = document->get_value().get(root)) {
      status = json::BrokenJson(error);
    } else {
      status = json::ForEachElement(root, [&](JsonValue& element) -> Status {
        if (++num_roots > 1) return Status::Ok();
        return builder.Append(element, out.value, 1);
      });
    }
  }
  if (status.ok()) status = json::CheckEnd(*document);
  if (status.ok() && num_roots != 1) status = json::BrokenJson("it is not one value");
  if (!status.ok()) return Status::InvalidArgument("not JSON: ", status.message());
  out.metadata = FormatVariantMetadata(builder.names());
  return out;
}

}  // namespace deltaic
