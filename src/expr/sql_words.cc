#include "expr/sql_words.h"

#include <algorithm>
#include <iterator>

#include "base/status.h"

namespace deltaic {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

struct TypeWord {
  std::string_view word;
  TypeId id;
};

/// The first word of a type is the one we write.
constexpr TypeWord kTypeWords[] = {
    {"BOOLEAN", TypeId::kBoolean},
    {"TINYINT", TypeId::kByte},
    {"BYTE", TypeId::kByte},
    {"SMALLINT", TypeId::kShort},
    {"SHORT", TypeId::kShort},
    {"INT", TypeId::kInteger},
    {"INTEGER", TypeId::kInteger},
    {"BIGINT", TypeId::kLong},
    {"LONG", TypeId::kLong},
    {"FLOAT", TypeId::kFloat},
    {"REAL", TypeId::kFloat},
    {"DOUBLE", TypeId::kDouble},
    {"STRING", TypeId::kString},
    {"BINARY", TypeId::kBinary},
    {"DATE", TypeId::kDate},
    {"TIMESTAMP", TypeId::kTimestamp},
    {"TIMESTAMP_LTZ", TypeId::kTimestamp},
    {"TIMESTAMP_NTZ", TypeId::kTimestampNtz},
};

/// Words that, depending on what follows, are no column.
bool StartsSyntax(std::string_view word) {
  static constexpr std::string_view kWords[] = {"CASE", "WHEN", "INTERVAL"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

}  // namespace

std::string UpperAscii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

bool IsReservedWord(std::string_view word) {
  static constexpr std::string_view kReserved[] = {
      "AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "BETWEEN", "TRUE", "FALSE", "CAST"};
  return std::find(std::begin(kReserved), std::end(kReserved), word) != std::end(kReserved);
}

bool IsBareName(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), IsNameByte) && !IsReservedWord(UpperAscii(name)) &&
         !StartsSyntax(UpperAscii(name));
}

std::optional<TypeId> TypeNamed(std::string_view word) {
  for (const TypeWord& entry : kTypeWords) {
    if (entry.word == word) return entry.id;
  }
  return std::nullopt;
}

std::string SqlTypeName(const DataType& type) {
  if (type.id() == TypeId::kDecimal) {
    return Concat("DECIMAL(", type.precision(), ",", type.scale(), ")");
  }
  for (const TypeWord& entry : kTypeWords) {
    if (entry.id == type.id()) return std::string(entry.word);
  }
  return UpperAscii(type.ToString());
}

}  // namespace deltaic
