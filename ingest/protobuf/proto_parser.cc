// .proto files to ProtoFile. What does not say how bytes are read (options, services, reserved
// numbers, extensions) is passed over.

#include <charconv>
#include <optional>
#include <utility>

#include "ingest/protobuf/proto_schema.h"

namespace deltaic::ingest {
namespace {

constexpr int kMostDepth = 64;

constexpr std::pair<std::string_view, ProtoType> kScalars[] = {
    {"double", ProtoType::kDouble},     {"float", ProtoType::kFloat},
    {"int64", ProtoType::kInt64},       {"uint64", ProtoType::kUint64},
    {"int32", ProtoType::kInt32},       {"fixed64", ProtoType::kFixed64},
    {"fixed32", ProtoType::kFixed32},   {"bool", ProtoType::kBool},
    {"string", ProtoType::kString},     {"bytes", ProtoType::kBytes},
    {"uint32", ProtoType::kUint32},     {"sfixed32", ProtoType::kSfixed32},
    {"sfixed64", ProtoType::kSfixed64}, {"sint32", ProtoType::kSint32},
    {"sint64", ProtoType::kSint64}};

ProtoType ScalarOf(std::string_view name) {
  for (const auto& [known, type] : kScalars) {
    if (known == name) return type;
  }
  return ProtoType::kNone;
}

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

/// Words (names with their dots, numbers), texts in quotes, and single signs.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { Advance(); }

  std::string_view token() const { return token_; }
  bool at_end() const { return token_.empty(); }
  int line() const { return line_; }
  std::string_view Take() {
    const std::string_view out = token_;
    Advance();
    return out;
  }

 private:
  void SkipBlanks() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      size_t end = 0;
      if (rest.starts_with("//")) {
        end = rest.find('\n');
      } else if (rest.starts_with("/*")) {
        end = rest.find("*/", 2);
        if (end != std::string_view::npos) end += 2;
      } else if (static_cast<unsigned char>(rest[0]) <= ' ') {
        end = 1;
      } else {
        return;
      }
      end = std::min(end, rest.size());
      for (const char c : rest.substr(0, end)) line_ += c == '\n' ? 1 : 0;
      at_ += end;
    }
  }

  void Advance() {
    SkipBlanks();
    size_t end = at_;
    if (end < text_.size() && IsWord(text_[end])) {
      while (end < text_.size() && IsWord(text_[end])) ++end;
    } else if (end < text_.size() && (text_[end] == '"' || text_[end] == '\'')) {
      const char quote = text_[end++];
      while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
        end += text_[end] == '\\' ? 2 : 1;
      }
      end = std::min(end + 1, text_.size());
    } else if (end < text_.size()) {
      ++end;
    }
    token_ = text_.substr(at_, end - at_);
    at_ = end;
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::string_view token_;
  int line_ = 1;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<ProtoFile> File();

 private:
  Status Fail(std::string_view expected) {
    return Status::SchemaMismatch("Protobuf schema, line ", lexer_.line(), ": expected ", expected,
                                  lexer_.at_end() ? ", got the end" : ", got ", lexer_.token());
  }
  bool TakeIf(std::string_view token) {
    if (lexer_.token() != token) return false;
    lexer_.Take();
    return true;
  }
  Status Expect(std::string_view token) { return TakeIf(token) ? Status() : Fail(token); }
  Result<std::string> Name() {
    if (lexer_.at_end() || !IsWord(lexer_.token()[0])) return Fail("a name");
    return std::string(lexer_.Take());
  }
  Result<std::string> Quoted() {
    const std::string_view token = lexer_.token();
    if (token.size() < 2 || (token[0] != '"' && token[0] != '\'')) return Fail("a text");
    lexer_.Take();
    return std::string(token.substr(1, token.size() - 2));
  }
  Result<int32_t> Number();
  Status SkipStatement();
  Status SkipBlock();
  Status SkipOptions();
  Status Message(ProtoFile::Message& out, int depth);
  Status Body(ProtoFile::Message& out, int depth);
  Status Enum(std::vector<ProtoEnum>& out);
  Status Oneof(ProtoFile::Message& out, int depth);
  Status Map(ProtoFile::Message& out);
  Status Field(ProtoFile::Message& out, int oneof, int depth);

  Lexer lexer_;
  bool is_proto3_ = false;
  int oneofs_ = 0;
};

Result<int32_t> Parser::Number() {
  const bool is_negative = TakeIf("-");
  std::string_view token = lexer_.token();
  int base = 10;
  if (token.starts_with("0x") || token.starts_with("0X")) {
    base = 16;
    token.remove_prefix(2);
  } else if (token.size() > 1 && token[0] == '0') {
    base = 8;
  }
  int64_t number = 0;
  const char* end = token.data() + token.size();
  const auto read = std::from_chars(token.data(), end, number, base);
  if (is_negative) number = -number;
  if (token.empty() || read.ec != std::errc() || read.ptr != end || number < INT32_MIN ||
      number > INT32_MAX) {
    return Fail("a number");
  }
  lexer_.Take();
  return static_cast<int32_t>(number);
}

/// Up to `;`, or over a block in braces.
Status Parser::SkipStatement() {
  while (!lexer_.at_end()) {
    if (lexer_.token() == "{") return SkipBlock();
    if (lexer_.Take() == ";") return Status();
  }
  return Fail(";");
}

Status Parser::SkipBlock() {
  DELTAIC_RETURN_IF_ERROR(Expect("{"));
  for (int depth = 1; depth > 0;) {
    if (lexer_.at_end()) return Fail("}");
    const std::string_view token = lexer_.Take();
    depth += token == "{" ? 1 : token == "}" ? -1 : 0;
  }
  TakeIf(";");
  return Status();
}

Status Parser::SkipOptions() {
  if (!TakeIf("[")) return Status();
  for (int depth = 1; depth > 0;) {
    if (lexer_.at_end()) return Fail("]");
    const std::string_view token = lexer_.Take();
    depth += token == "[" ? 1 : token == "]" ? -1 : 0;
  }
  return Status();
}

Status Parser::Enum(std::vector<ProtoEnum>& out) {
  ProtoEnum made;
  DELTAIC_ASSIGN_OR_RETURN(made.name, Name());
  DELTAIC_RETURN_IF_ERROR(Expect("{"));
  while (!TakeIf("}")) {
    if (TakeIf(";")) continue;
    if (lexer_.token() == "option" || lexer_.token() == "reserved") {
      DELTAIC_RETURN_IF_ERROR(SkipStatement());
      continue;
    }
    DELTAIC_ASSIGN_OR_RETURN(std::string name, Name());
    DELTAIC_RETURN_IF_ERROR(Expect("="));
    DELTAIC_ASSIGN_OR_RETURN(const int32_t number, Number());
    DELTAIC_RETURN_IF_ERROR(SkipOptions());
    DELTAIC_RETURN_IF_ERROR(Expect(";"));
    made.values.emplace(number, std::move(name));  // of aliases the first
  }
  out.push_back(std::move(made));
  return Status();
}

Status Parser::Map(ProtoFile::Message& out) {
  DELTAIC_RETURN_IF_ERROR(Expect("<"));
  DELTAIC_ASSIGN_OR_RETURN(const std::string key, Name());
  DELTAIC_RETURN_IF_ERROR(Expect(","));
  DELTAIC_ASSIGN_OR_RETURN(const std::string value, Name());
  DELTAIC_RETURN_IF_ERROR(Expect(">"));
  ProtoField field;
  DELTAIC_ASSIGN_OR_RETURN(field.name, Name());
  DELTAIC_RETURN_IF_ERROR(Expect("="));
  DELTAIC_ASSIGN_OR_RETURN(field.number, Number());
  DELTAIC_RETURN_IF_ERROR(SkipOptions());
  DELTAIC_RETURN_IF_ERROR(Expect(";"));
  ProtoFile::Message entry;
  entry.name = field.name + "+Entry";  // no name that a file could have
  entry.is_map_entry = true;
  entry.fields = {{.name = "key", .number = 1, .type = ScalarOf(key), .type_name = key},
                  {.name = "value", .number = 2, .type = ScalarOf(value), .type_name = value}};
  field.is_repeated = true;
  field.type = ProtoType::kMessage;
  field.type_name = entry.name;
  out.nested.push_back(std::move(entry));
  out.fields.push_back(std::move(field));
  return Status();
}

Status Parser::Field(ProtoFile::Message& out, int oneof, int depth) {
  ProtoField field;
  const bool is_optional = TakeIf("optional"), is_required = !is_optional && TakeIf("required");
  field.is_repeated = !is_optional && !is_required && TakeIf("repeated");
  field.oneof = oneof;
  field.has_presence = oneof >= 0 || is_optional || !is_proto3_;
  const bool is_group = TakeIf("group");
  if (!is_group) {
    DELTAIC_ASSIGN_OR_RETURN(field.type_name, Name());
    field.type = ScalarOf(field.type_name);
  }
  DELTAIC_ASSIGN_OR_RETURN(field.name, Name());
  DELTAIC_RETURN_IF_ERROR(Expect("="));
  DELTAIC_ASSIGN_OR_RETURN(field.number, Number());
  if (field.number < 1 || field.number >= 1 << 29) return Fail("a field number before it");
  DELTAIC_RETURN_IF_ERROR(SkipOptions());
  if (is_group) {
    ProtoFile::Message group;
    group.name = field.type_name = field.name;
    for (char& c : field.name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    field.type = ProtoType::kGroup;
    DELTAIC_RETURN_IF_ERROR(Body(group, depth + 1));
    out.nested.push_back(std::move(group));
  } else {
    DELTAIC_RETURN_IF_ERROR(Expect(";"));
  }
  out.fields.push_back(std::move(field));
  return Status();
}

Status Parser::Oneof(ProtoFile::Message& out, int depth) {
  const int number = oneofs_++;
  DELTAIC_RETURN_IF_ERROR(Name().status());
  DELTAIC_RETURN_IF_ERROR(Expect("{"));
  while (!TakeIf("}")) {
    if (TakeIf(";")) continue;
    DELTAIC_RETURN_IF_ERROR(lexer_.token() == "option" ? SkipStatement()
                                                       : Field(out, number, depth));
  }
  return Status();
}

Status Parser::Message(ProtoFile::Message& out, int depth) {
  DELTAIC_ASSIGN_OR_RETURN(out.name, Name());
  return Body(out, depth);
}

Status Parser::Body(ProtoFile::Message& out, int depth) {
  if (depth > kMostDepth) {
    return Status::SchemaMismatch("a Protobuf schema nested deeper than ", kMostDepth);
  }
  DELTAIC_RETURN_IF_ERROR(Expect("{"));
  while (!TakeIf("}")) {
    const std::string_view token = lexer_.token();
    if (token == ";") {
      lexer_.Take();
    } else if (token == "message") {
      lexer_.Take();
      ProtoFile::Message nested;
      DELTAIC_RETURN_IF_ERROR(Message(nested, depth + 1));
      out.nested.push_back(std::move(nested));
    } else if (token == "enum") {
      lexer_.Take();
      DELTAIC_RETURN_IF_ERROR(Enum(out.enums));
    } else if (token == "oneof") {
      lexer_.Take();
      DELTAIC_RETURN_IF_ERROR(Oneof(out, depth));
    } else if (token == "map") {
      lexer_.Take();
      DELTAIC_RETURN_IF_ERROR(Map(out));
    } else if (token == "option" || token == "reserved" || token == "extensions" ||
               token == "extend") {
      DELTAIC_RETURN_IF_ERROR(SkipStatement());
    } else {
      DELTAIC_RETURN_IF_ERROR(Field(out, -1, depth));
    }
  }
  return Status();
}

Result<ProtoFile> Parser::File() {
  ProtoFile out;
  while (!lexer_.at_end()) {
    const std::string_view token = lexer_.token();
    if (token == "syntax" || token == "edition") {
      lexer_.Take();
      DELTAIC_RETURN_IF_ERROR(Expect("="));
      DELTAIC_ASSIGN_OR_RETURN(const std::string version, Quoted());
      is_proto3_ = out.is_proto3 = version == "proto3";
      DELTAIC_RETURN_IF_ERROR(Expect(";"));
    } else if (token == "package") {
      lexer_.Take();
      DELTAIC_ASSIGN_OR_RETURN(out.package, Name());
      DELTAIC_RETURN_IF_ERROR(Expect(";"));
    } else if (token == "import") {
      lexer_.Take();
      if (!TakeIf("public")) TakeIf("weak");
      DELTAIC_ASSIGN_OR_RETURN(std::string name, Quoted());
      out.imports.push_back(std::move(name));
      DELTAIC_RETURN_IF_ERROR(Expect(";"));
    } else if (token == "message") {
      lexer_.Take();
      ProtoFile::Message message;
      DELTAIC_RETURN_IF_ERROR(Message(message, 1));
      out.messages.push_back(std::move(message));
    } else if (token == "enum") {
      lexer_.Take();
      DELTAIC_RETURN_IF_ERROR(Enum(out.enums));
    } else if (token == ";") {
      lexer_.Take();
    } else if (token == "option" || token == "service" || token == "extend") {
      DELTAIC_RETURN_IF_ERROR(SkipStatement());
    } else {
      return Fail("a message");
    }
  }
  return out;
}

}  // namespace

Result<ProtoFile> ParseProtoText(std::string_view text) { return Parser(text).File(); }

}  // namespace deltaic::ingest
