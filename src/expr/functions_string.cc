#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "expr/function_types.h"
#include "expr/sql_words.h"
#include "expr/utf8_text.h"

namespace deltaic {
namespace {

using Args = std::span<const Value>;

/// A value of more bytes is refused: a short expression must not fill the memory.
constexpr int64_t kMaxValueBytes = int64_t{64} << 20;

const std::string& Text(const Value& value) { return std::get<std::string>(value); }
int64_t Whole(const Value& value) { return std::get<int64_t>(value); }

Status TooLong(const Expr& call) {
  return Status::InvalidArgument(call.ToSql(), ": the result has more than ", kMaxValueBytes,
                                 " bytes");
}

bool IsBinary(const Expr& call) { return call.args()[0]->type()->id() == TypeId::kBinary; }

Result<Value> Length(const Expr& call, Args args) {
  return IsBinary(call) ? static_cast<int64_t>(Text(args[0]).size())
                        : CountCharacters(Text(args[0]));
}

Result<Value> OctetLength(const Expr&, Args args) {
  return static_cast<int64_t>(Text(args[0]).size());
}

/// Other letters than ASCII are left to the columns' function.
Result<Value> Lower(const Expr&, Args args) {
  if (!IsAscii(Text(args[0]))) return Status::Unsupported("LOWER of more than ASCII");
  return AsciiLower(Text(args[0]));
}

Result<Value> Upper(const Expr&, Args args) {
  if (!IsAscii(Text(args[0]))) return Status::Unsupported("UPPER of more than ASCII");
  return UpperAscii(Text(args[0]));
}

/// Whether `characters` has the one that starts at `at`, of `length` bytes.
bool Has(std::string_view characters, std::string_view character) {
  return characters.find(character) != std::string_view::npos;
}

std::string_view TrimStart(std::string_view text, std::string_view characters) {
  while (!text.empty()) {
    const std::string_view first = CharacterRange(text, 0, 1);
    if (first.empty() || !Has(characters, first)) break;
    text.remove_prefix(first.size());
  }
  return text;
}

std::string_view TrimEnd(std::string_view text, std::string_view characters) {
  while (!text.empty()) {
    size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    if (!Has(characters, text.substr(at))) break;
    text = text.substr(0, at);
  }
  return text;
}

template <bool kStart, bool kEnd>
Result<Value> Trim(const Expr&, Args args) {
  const std::string_view characters = args.size() > 1 ? std::string_view(Text(args[1])) : " ";
  std::string_view text = Text(args[0]);
  if (kStart) text = TrimStart(text, characters);
  if (kEnd) text = TrimEnd(text, characters);
  return std::string(text);
}

/// Positions count from 1, from the end if negative; 0 means 1.
Result<Value> Substring(const Expr& call, Args args) {
  const std::string& text = Text(args[0]);
  const int64_t position = Whole(args[1]);
  const bool binary = IsBinary(call);
  const int64_t size = binary ? static_cast<int64_t>(text.size()) : CountCharacters(text);
  const int64_t begin = position > 0 ? position - 1 : position < 0 ? size + position : 0;
  const int64_t end = args.size() > 2 ? begin + Whole(args[2]) : size;
  if (!binary) return std::string(CharacterRange(text, begin, end));
  const int64_t from = std::clamp<int64_t>(begin, 0, size);
  return text.substr(static_cast<size_t>(from),
                     static_cast<size_t>(std::max<int64_t>(end - from, 0)));
}

Result<Value> Left(const Expr&, Args args) {
  return std::string(CharacterRange(Text(args[0]), 0, Whole(args[1])));
}

Result<Value> Right(const Expr&, Args args) {
  const std::string& text = Text(args[0]);
  if (Whole(args[1]) <= 0) return std::string();
  const int64_t size = CountCharacters(text);
  return std::string(CharacterRange(text, size - Whole(args[1]), size));
}

Result<Value> ConcatAll(const Expr& call, Args args) {
  std::string out;
  for (const Value& arg : args) {
    out += Text(arg);
    if (static_cast<int64_t>(out.size()) > kMaxValueBytes) return TooLong(call);
  }
  return out;
}

Result<Value> ConcatWithSeparator(const Expr& call, Args args) {
  if (IsNull(args[0])) return NullValue();
  std::string out;
  bool first = true;
  for (const Value& arg : args.subspan(1)) {
    if (IsNull(arg)) continue;
    if (!first) out += Text(args[0]);
    out += Text(arg);
    first = false;
    if (static_cast<int64_t>(out.size()) > kMaxValueBytes) return TooLong(call);
  }
  return out;
}

Result<Value> Replace(const Expr& call, Args args) {
  const std::string& text = Text(args[0]);
  const std::string& search = Text(args[1]);
  const std::string replacement = args.size() > 2 ? Text(args[2]) : "";
  if (search.empty()) return text;
  std::string out;
  size_t from = 0;
  for (size_t at = text.find(search); at != std::string::npos; at = text.find(search, from)) {
    out.append(text, from, at - from).append(replacement);
    from = at + search.size();
    if (static_cast<int64_t>(out.size()) > kMaxValueBytes) return TooLong(call);
  }
  return out.append(text, from);
}

/// Each character of the second argument becomes that of the third at its place, or nothing.
Result<Value> Translate(const Expr&, Args args) {
  const std::string& from = Text(args[1]);
  const std::string& to = Text(args[2]);
  std::string out;
  for (std::string_view rest = Text(args[0]); !rest.empty();) {
    const std::string_view character =
        rest.substr(0, std::max<size_t>(ByteOfCharacter(rest, 1), 1));
    rest.remove_prefix(character.size());
    const size_t at = from.find(character);
    if (at == std::string::npos) {
      out += character;
    } else {
      const int64_t place = CountCharacters(std::string_view(from).substr(0, at));
      out += CharacterRange(to, place, place + 1);
    }
  }
  return out;
}

Result<Value> StartsWith(const Expr&, Args args) {
  return Text(args[0]).starts_with(Text(args[1]));
}
Result<Value> EndsWith(const Expr&, Args args) { return Text(args[0]).ends_with(Text(args[1])); }
Result<Value> Contains(const Expr&, Args args) {
  return Text(args[0]).find(Text(args[1])) != std::string::npos;
}

/// The character, from 1, at which `part` first stands at or after character `start`; else 0.
int64_t Locate(std::string_view text, std::string_view part, int64_t start) {
  if (start < 1) return 0;
  if (part.empty()) return 1;
  const size_t from = ByteOfCharacter(text, start - 1);
  const size_t at = text.find(part, from);
  return at == std::string_view::npos ? 0 : CountCharacters(text.substr(0, at)) + 1;
}

Result<Value> Instr(const Expr&, Args args) { return Locate(Text(args[0]), Text(args[1]), 1); }
Result<Value> LocateIn(const Expr&, Args args) {
  return Locate(Text(args[1]), Text(args[0]), args.size() > 2 ? Whole(args[2]) : 1);
}

template <bool kLeft>
Result<Value> Pad(const Expr& call, Args args) {
  const std::string& text = Text(args[0]);
  const int64_t wanted = std::max<int64_t>(Whole(args[1]), 0);
  const std::string padding = args.size() > 2 ? Text(args[2]) : " ";
  const int64_t size = CountCharacters(text);
  if (size >= wanted) return std::string(CharacterRange(text, 0, wanted));
  if (padding.empty()) return text;
  if ((wanted - size) > kMaxValueBytes / 4) return TooLong(call);
  const int64_t missing = wanted - size;
  const int64_t width = CountCharacters(padding);
  std::string pad;
  for (int64_t i = 0; i < missing / width; ++i) pad += padding;
  pad += CharacterRange(padding, 0, missing % width);
  return kLeft ? pad + text : text + pad;
}

Result<Value> Repeat(const Expr& call, Args args) {
  const std::string& text = Text(args[0]);
  const int64_t times = std::max<int64_t>(Whole(args[1]), 0);
  if (!text.empty() && times > kMaxValueBytes / static_cast<int64_t>(text.size())) {
    return TooLong(call);
  }
  std::string out;
  for (int64_t i = 0; i < times && !text.empty(); ++i) out += text;
  return out;
}

Result<Value> Reverse(const Expr&, Args args) { return ReverseCharacters(Text(args[0])); }

/// Part number n, from 1, or from the end if negative; empty where there is none.
Result<Value> SplitPart(const Expr& call, Args args) {
  const std::string& text = Text(args[0]);
  const std::string& delimiter = Text(args[1]);
  const int64_t wanted = Whole(args[2]);
  if (wanted == 0) {
    return Status::InvalidArgument(call.ToSql(), ": parts count from 1, or from -1 at the end");
  }
  std::vector<std::string_view> parts;
  std::string_view rest = text;
  for (size_t at = delimiter.empty() ? std::string_view::npos : rest.find(delimiter);
       at != std::string_view::npos; at = rest.find(delimiter)) {
    parts.push_back(rest.substr(0, at));
    rest.remove_prefix(at + delimiter.size());
  }
  parts.push_back(rest);
  const auto count = static_cast<int64_t>(parts.size());
  const int64_t index = wanted > 0 ? wanted - 1 : count + wanted;
  if (index < 0 || index >= count) return std::string();
  return std::string(parts[static_cast<size_t>(index)]);
}

Result<Value> Ascii(const Expr&, Args args) {
  const std::string& text = Text(args[0]);
  if (text.empty()) return int64_t{0};
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0xC0) return int64_t{lead};
  uint32_t code = lead & (lead < 0xE0 ? 0x1Fu : lead < 0xF0 ? 0x0Fu : 0x07u);
  const std::string_view character = CharacterRange(text, 0, 1);
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
  return int64_t{code};
}

std::string HexOfBytes(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

/// Of text and bytes two digits each; of a number its 64 bits without leading zeros.
Result<Value> Hex(const Expr&, Args args) {
  if (const auto* text = std::get_if<std::string>(&args[0])) return HexOfBytes(*text);
  auto bits = static_cast<uint64_t>(Whole(args[0]));
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(bits >> shift & 255));
  const std::string digits = HexOfBytes(bytes);
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

Status HexRule(CallBinding& call) {
  const TypeId id = call.args[0]->type()->id();
  if (id == TypeId::kString || id == TypeId::kBinary) return Status::Ok();
  DELTAIC_ASSIGN_OR_RETURN(
      call.args[0], CastTo(std::move(call.args[0]), TypeOf(TypeId::kLong), call.session.zone));
  return Status::Ok();
}

constexpr FunctionDefinition kFunctions[] = {
    {.name = "LENGTH",
     .aliases = "LEN CHAR_LENGTH CHARACTER_LENGTH",
     .signature = "text -> int",
     .evaluate = Length},
    {.name = "OCTET_LENGTH", .signature = "text -> int", .evaluate = OctetLength},
    {.name = "LOWER", .aliases = "LCASE", .signature = "string -> string", .evaluate = Lower},
    {.name = "UPPER", .aliases = "UCASE", .signature = "string -> string", .evaluate = Upper},
    {.name = "TRIM", .signature = "string -> string", .evaluate = Trim<true, true>},
    {.name = "BTRIM", .signature = "string, string? -> string", .evaluate = Trim<true, true>},
    {.name = "LTRIM", .signature = "string -> string", .evaluate = Trim<true, false>},
    {.name = "RTRIM", .signature = "string -> string", .evaluate = Trim<false, true>},
    {.name = "TRIM BOTH",
     .signature = "string, string -> string",
     .evaluate = Trim<true, true>,
     .notation = Notation::kTrim},
    {.name = "TRIM LEADING",
     .signature = "string, string -> string",
     .evaluate = Trim<true, false>,
     .notation = Notation::kTrim},
    {.name = "TRIM TRAILING",
     .signature = "string, string -> string",
     .evaluate = Trim<false, true>,
     .notation = Notation::kTrim},
    {.name = "SUBSTRING",
     .aliases = "SUBSTR",
     .signature = "text, int, int? -> #1",
     .evaluate = Substring},
    {.name = "LEFT", .signature = "string, int -> string", .evaluate = Left, .directions = "+="},
    {.name = "RIGHT", .signature = "string, int -> string", .evaluate = Right},
    {.name = "CONCAT",
     .aliases = "||",
     .signature = "string... -> string",
     .evaluate = ConcatAll,
     .may_fail = true},
    {.name = "CONCAT_WS",
     .signature = "string, string... -> string",
     .evaluate = ConcatWithSeparator,
     .takes_null = true,
     .may_fail = true},
    {.name = "REPLACE",
     .signature = "string, string, string? -> string",
     .evaluate = Replace,
     .may_fail = true},
    {.name = "TRANSLATE", .signature = "string, string, string -> string", .evaluate = Translate},
    {.name = "STARTSWITH", .signature = "text, text -> boolean", .evaluate = StartsWith},
    {.name = "ENDSWITH", .signature = "text, text -> boolean", .evaluate = EndsWith},
    {.name = "CONTAINS", .signature = "text, text -> boolean", .evaluate = Contains},
    {.name = "INSTR", .signature = "string, string -> int", .evaluate = Instr},
    {.name = "LOCATE",
     .aliases = "POSITION CHARINDEX",
     .signature = "string, string, int? -> int",
     .evaluate = LocateIn},
    {.name = "LPAD",
     .signature = "string, int, string? -> string",
     .evaluate = Pad<true>,
     .may_fail = true},
    {.name = "RPAD",
     .signature = "string, int, string? -> string",
     .evaluate = Pad<false>,
     .may_fail = true},
    {.name = "REPEAT", .signature = "string, int -> string", .evaluate = Repeat, .may_fail = true},
    {.name = "REVERSE", .signature = "string -> string", .evaluate = Reverse},
    {.name = "SPLIT_PART",
     .signature = "string, string, int -> string",
     .evaluate = SplitPart,
     .may_fail = true},
    {.name = "ASCII", .signature = "string -> int", .evaluate = Ascii},
    {.name = "HEX", .signature = "any -> string", .rule = HexRule, .evaluate = Hex},
};

}  // namespace

std::span<const FunctionDefinition> StringFunctions() { return kFunctions; }

}  // namespace deltaic
