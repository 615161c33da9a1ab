#include "protocol/stats_scanner.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace deltaic {
namespace {

enum CharClass : uint8_t { kOther, kPlain, kNonAscii };

/// Which bytes a string may hold as they are.
constexpr std::array<CharClass, 256> kStringClasses = [] {
  std::array<CharClass, 256> classes{};
  for (size_t c = 0x20; c < 0x80; ++c) classes[c] = kPlain;
  for (size_t c = 0x80; c < 0x100; ++c) classes[c] = kNonAscii;
  classes['"'] = classes['\\'] = kOther;
  return classes;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsNumberChar(char c) {
  return IsDigit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

/// Reads a string with its quotes.
bool ReadString(const char*& at, const char* end, std::string_view& text) {
  const char* const begin = at++;
  bool ascii = true;
  for (; at != end; ++at) {
    const CharClass kind = kStringClasses[static_cast<unsigned char>(*at)];
    if (kind == kOther) break;
    ascii = ascii && kind == kPlain;
  }
  if (at == end || *at != '"') return false;
  text = std::string_view(begin, static_cast<size_t>(++at - begin));
  return ascii || simdjson::validate_utf8(text.data(), text.size());
}

bool TakeLiteral(const char*& at, const char* end, std::string_view literal) {
  if (!std::string_view(at, static_cast<size_t>(end - at)).starts_with(literal)) return false;
  at += literal.size();
  return true;
}

/// Reads any scalar but null, which leaves `text` as it is.
bool ReadScalar(const char*& at, const char* end, std::string_view& text) {
  if (at == end) return false;
  const char* const begin = at;
  if (*at == '"') return ReadString(at, end, text);
  if (IsDigit(*at) || *at == '-') {
    while (at != end && IsNumberChar(*at)) ++at;
  } else if (*at == 'n') {
    return TakeLiteral(at, end, "null");
  } else if (!TakeLiteral(at, end, "true") && !TakeLiteral(at, end, "false")) {
    return false;
  }
  text = std::string_view(begin, static_cast<size_t>(at - begin));
  return true;
}

/// Digits as JSON wants them, too few to be out of range.
bool IsPlainCount(std::string_view text) {
  constexpr size_t kMaxDigits = 18;
  return text.size() <= kMaxDigits && (text.size() == 1 || text.front() != '0') &&
         std::all_of(text.begin(), text.end(), IsDigit);
}

/// A key as its text in JSON, if that is the name in quotes.
std::string KeyText(const std::string& name) {
  const auto is_plain = [](char c) {
    return kStringClasses[static_cast<unsigned char>(c)] != kOther;
  };
  if (!std::all_of(name.begin(), name.end(), is_plain) ||
      !simdjson::validate_utf8(name.data(), name.size())) {
    return {};
  }
  return '"' + name + "\":";
}

/// Whether the schema has a leaf column there.
bool IsLeaf(const Schema& schema, const std::vector<std::string>& path) {
  const DataType* type = &schema;
  for (const std::string& name : path) {
    if (type->id() != TypeId::kStruct) return false;
    const auto& fields = type->fields();
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const StructField& f) { return f.name == name; });
    if (field == fields.end()) return false;
    type = field->type.get();
  }
  return !path.empty() && type->id() != TypeId::kStruct;
}

}  // namespace

StatsScanner::StatsScanner(const Schema& physical_schema,
                           const std::vector<std::vector<std::string>>& wanted)
    : objects_(1), num_texts_(TextIndex(wanted.size(), kNullCount)) {
  Member& num_records = MemberNamed(0, "numRecords");
  num_records.text = kNumRecords;
  num_records.is_count = true;
  constexpr std::pair<const char*, Part> kObjects[] = {
      {"minValues", kMin}, {"maxValues", kMax}, {"nullCount", kNullCount}};
  for (const auto& [name, part] : kObjects) {
    const size_t root = objects_.size();
    objects_.emplace_back();
    MemberNamed(0, name).object = root;
    for (size_t column = 0; column < wanted.size(); ++column) {
      if (!IsLeaf(physical_schema, wanted[column])) continue;
      Add(wanted[column], root, TextIndex(column, part), part == kNullCount);
    }
  }
  MemberNamed(0, "tightBounds");
  // What the schema's order suggests, until there are statistics to learn from.
  for (Object& object : objects_) {
    for (size_t i = 0; i < object.members.size(); ++i) object.members[i].next = i + 1;
  }
}

StatsScanner::Member& StatsScanner::MemberNamed(size_t object, const std::string& name) {
  std::vector<Member>& members = objects_[object].members;
  const std::string key = KeyText(name);
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& member) {
    return !key.empty() && member.key == key;
  });
  if (found != members.end()) return *found;
  members.emplace_back().key = key;
  return members.back();
}

void StatsScanner::Add(const std::vector<std::string>& path, size_t root, size_t text,
                       bool is_count) {
  size_t object = root;
  for (size_t depth = 0; depth + 1 < path.size(); ++depth) {
    size_t& inner = MemberNamed(object, path[depth]).object;
    const bool is_new = inner == kNone;
    if (is_new) inner = objects_.size();
    object = inner;
    if (is_new) objects_.emplace_back();
  }
  Member& member = MemberNamed(object, path.back());
  member.text = text;
  member.is_count = is_count;
}

bool StatsScanner::Scan(std::string_view json, std::span<std::string_view> texts) {
  std::fill(texts.begin(), texts.end(), std::string_view());
  if (json.empty()) return true;
  ++row_;
  Cursor in{json.data(), json.data() + json.size()};
  return ReadObject(objects_.front(), in, texts) && in.at == in.end;
}

/// The member whose key comes next, which `expected` should be, and is the next time.
StatsScanner::Member* StatsScanner::Match(Object& object, size_t& expected, const Cursor& in) {
  const size_t count = object.members.size();
  const auto left = static_cast<size_t>(in.end - in.at);
  size_t i = expected;
  for (size_t tries = 0; tries < count; ++tries, ++i) {
    if (i >= count) i = 0;
    Member& member = object.members[i];
    if (member.key.empty() || member.key.size() > left ||
        std::memcmp(in.at, member.key.data(), member.key.size()) != 0) {
      continue;
    }
    expected = i;
    return &member;
  }
  return nullptr;
}

bool StatsScanner::ReadObject(Object& object, Cursor& in, std::span<std::string_view> texts) {
  if (in.at == in.end || *in.at != '{') return false;
  ++in.at;
  if (in.at != in.end && *in.at == '}') {
    ++in.at;
    return true;
  }
  size_t* expected = &object.first;
  while (true) {
    Member* const member = Match(object, *expected, in);
    // Of a key that is there twice, the parser knows which one counts.
    if (member == nullptr || member->last_row == row_) return false;
    member->last_row = row_;
    expected = &member->next;
    in.at += member->key.size();
    if (member->object != kNone) {
      if (!ReadObject(objects_[member->object], in, texts)) return false;
    } else {
      std::string_view unwanted;
      std::string_view& text = member->text == kNone ? unwanted : texts[member->text];
      if (!ReadScalar(in.at, in.end, text)) return false;
      if (member->is_count && !text.empty() && !IsPlainCount(text)) return false;
    }
    if (in.at == in.end) return false;
    const char after = *in.at++;
    if (after == '}') return true;
    if (after != ',') return false;
  }
}

}  // namespace deltaic
