#include "data/parquet/thrift_value.h"

#include <algorithm>
#include <cstring>

#include "data/parquet/thrift_cursor.h"

namespace deltaic {
namespace {

using Type = ThriftValue::Type;

constexpr int kMaxDepth = 32;
constexpr size_t kDoubleBytes = 8;
constexpr uint8_t kLongList = 15;

/// Reads values.
class Reader : public ThriftCursor {
 public:
  using ThriftCursor::ThriftCursor;

  ThriftValue ReadStruct(int depth) {
    ThriftValue out;
    int16_t number = 0;
    while (!failed()) {
      const uint8_t header = Byte();
      if (header == 0) break;
      const int delta = header >> 4;
      number = delta == 0 ? static_cast<int16_t>(ZigZag()) : static_cast<int16_t>(number + delta);
      if (!out.fields.empty() && number <= out.fields.back().number) Fail();
      out.fields.push_back({number, ReadValue(TypeOf(header & 15), depth + 1)});
    }
    return out;
  }

 private:
  ThriftValue ReadValue(Type type, int depth) {
    ThriftValue out{.type = type};
    if (depth > kMaxDepth) Fail();
    if (failed()) return out;
    switch (type) {
      case Type::kTrue:
        out.number = 1;
        break;
      case Type::kFalse:
        break;
      case Type::kByte:
        out.number = static_cast<int8_t>(Byte());
        break;
      case Type::kI16:
      case Type::kI32:
      case Type::kI64:
        out.number = ZigZag();
        break;
      case Type::kDouble:
        if (const auto bytes = Take(kDoubleBytes); bytes.size() == kDoubleBytes) {
          std::memcpy(&out.number, bytes.data(), kDoubleBytes);
        }
        break;
      case Type::kBinary: {
        const auto bytes = Take(Varint());
        out.bytes.assign(bytes.begin(), bytes.end());
        break;
      }
      case Type::kList:
      case Type::kSet: {
        const uint8_t header = Byte();
        const uint64_t count = header >> 4 == kLongList ? Varint() : header >> 4;
        out.element_type = TypeOf(header & 15);
        ReadElements(out, count, 1, depth);
        break;
      }
      case Type::kMap: {
        const uint64_t count = Varint();
        if (count == 0) break;
        const uint8_t types = Byte();
        out.element_type = TypeOf(types >> 4);
        out.value_type = TypeOf(types & 15);
        ReadElements(out, count, 2, depth);
        break;
      }
      case Type::kStruct:
        return ReadStruct(depth);
    }
    return out;
  }

  void ReadElements(ThriftValue& out, uint64_t count, uint64_t each, int depth) {
    // Every element takes a byte, so that no size is believed that the input does not have.
    if (count > left()) Fail();
    if (failed()) return;
    out.elements.reserve(count * each);
    for (uint64_t i = 0; i < count * each && !failed(); ++i) {
      const Type type = i % each == 0 ? out.element_type : out.value_type;
      if (type == Type::kTrue || type == Type::kFalse) {
        out.elements.push_back(ThriftValue::Bool(Byte() == static_cast<uint8_t>(Type::kTrue)));
      } else {
        out.elements.push_back(ReadValue(type, depth + 1));
      }
    }
  }

  Type TypeOf(int number) {
    if (number < static_cast<int>(Type::kTrue) || number > static_cast<int>(Type::kStruct)) {
      Fail();
      return Type::kTrue;
    }
    return static_cast<Type>(number);
  }
};

void AppendZigZag(int64_t value, std::string& out) {
  AppendThriftVarint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63), out);
}

void AppendValue(const ThriftValue& value, std::string& out) {
  switch (value.type) {
    case Type::kTrue:
    case Type::kFalse:
      return;  // said by the field's header
    case Type::kByte:
      out += static_cast<char>(value.number);
      return;
    case Type::kI16:
    case Type::kI32:
    case Type::kI64:
      AppendZigZag(value.number, out);
      return;
    case Type::kDouble:
      out.append(reinterpret_cast<const char*>(&value.number), kDoubleBytes);
      return;
    case Type::kBinary:
      AppendThriftVarint(value.bytes.size(), out);
      out += value.bytes;
      return;
    case Type::kList:
    case Type::kSet: {
      const size_t count = value.elements.size();
      const auto type = static_cast<uint8_t>(value.element_type);
      out += static_cast<char>(std::min<size_t>(count, kLongList) << 4 | type);
      if (count >= kLongList) AppendThriftVarint(count, out);
      break;
    }
    case Type::kMap:
      AppendThriftVarint(value.elements.size() / 2, out);
      if (value.elements.empty()) return;
      out += static_cast<char>(static_cast<int>(value.element_type) << 4 |
                               static_cast<int>(value.value_type));
      break;
    case Type::kStruct:
      AppendThriftStruct(value, out);
      return;
  }
  for (const ThriftValue& element : value.elements) {
    if (element.type == Type::kTrue || element.type == Type::kFalse) {
      out += static_cast<char>(element.type);
    } else {
      AppendValue(element, out);
    }
  }
}

}  // namespace

const ThriftValue* ThriftValue::Find(int16_t field) const {
  const auto found = std::ranges::find(fields, field, &Field::number);
  return found == fields.end() ? nullptr : &found->value;
}

ThriftValue* ThriftValue::Find(int16_t field) {
  return const_cast<ThriftValue*>(std::as_const(*this).Find(field));
}

std::optional<int64_t> ThriftValue::Number(int16_t field) const {
  const ThriftValue* value = Find(field);
  if (value == nullptr || value->type >= Type::kDouble) return std::nullopt;
  return value->number;
}

void ThriftValue::Set(int16_t field, ThriftValue value) {
  const auto at = std::ranges::lower_bound(fields, field, {}, &Field::number);
  if (at != fields.end() && at->number == field) {
    at->value = std::move(value);
  } else {
    fields.insert(at, Field{field, std::move(value)});
  }
}

void ThriftValue::Erase(int16_t field) {
  std::erase_if(fields, [field](const Field& entry) { return entry.number == field; });
}

Result<ThriftValue> ParseThriftStruct(std::span<const uint8_t> bytes, size_t* size) {
  Reader reader(bytes);
  ThriftValue value = reader.ReadStruct(0);
  if (reader.failed()) return Status::Corruption("a Thrift structure is cut off or malformed");
  *size = reader.position();
  return value;
}

void AppendThriftStruct(const ThriftValue& value, std::string& out) {
  int16_t before = 0;
  for (const auto& [number, field] : value.fields) {
    const int delta = number - before;
    const auto type = static_cast<uint8_t>(field.type);
    if (delta > 0 && delta <= 15) {
      out += static_cast<char>(delta << 4 | type);
    } else {
      out += static_cast<char>(type);
      AppendZigZag(number, out);
    }
    before = number;
    AppendValue(field, out);
  }
  out += '\0';
}

}  // namespace deltaic
