#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "expr/function_types.h"
#include "expr/sql_words.h"
#include "expr/unify.h"

// ENCODE and DECODE: texts as bytes of other charsets.

namespace deltaic {
namespace {

using Args = std::span<const Value>;

constexpr uint32_t kByteOrderMark = 0xFEFF;
enum class ByteOrder { kBig, kLittle };

struct Charset {
  std::string_view name;
  int unit_bytes;                  ///< of one code unit
  uint32_t last_code;              ///< the highest code point there is
  std::optional<ByteOrder> order;  ///< unset: big, but a byte order mark may say otherwise
};

constexpr Charset kCharsets[] = {
    {"US-ASCII", 1, 0x7F, ByteOrder::kBig},
    {"ISO-8859-1", 1, 0xFF, ByteOrder::kBig},
    {"UTF-8", 0, kLastCodePoint, ByteOrder::kBig},
    {"UTF-16", 2, kLastCodePoint, std::nullopt},
    {"UTF-16BE", 2, kLastCodePoint, ByteOrder::kBig},
    {"UTF-16LE", 2, kLastCodePoint, ByteOrder::kLittle},
    {"UTF-32", 4, kLastCodePoint, std::nullopt},
};

Result<const Charset*> FindCharset(const Expr& call, const Value& name) {
  const std::string wanted = UpperAscii(std::get<std::string>(name));
  std::string known;
  for (const Charset& charset : kCharsets) {
    if (charset.name == wanted) return &charset;
    known += (known.empty() ? "" : ", ") + std::string(charset.name);
  }
  return Status::InvalidArgument(call.ToSql(), ": there is no charset ", wanted, "; there are ",
                                 known);
}

Status Malformed(const Expr& call, const Charset& charset) {
  return Status::InvalidArgument(call.ToSql(), ": the value has what is no text in ", charset.name);
}

void AppendUnit(std::string& out, uint32_t unit, int bytes, ByteOrder order) {
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (order == ByteOrder::kBig ? bytes - 1 - i : i);
    out.push_back(static_cast<char>(unit >> shift & 0xFF));
  }
}

uint32_t UnitAt(std::string_view bytes, int size, ByteOrder order) {
  uint32_t unit = 0;
  for (int i = 0; i < size; ++i) {
    const int at = order == ByteOrder::kBig ? i : size - 1 - i;
    unit = unit << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(at)]);
  }
  return unit;
}

void AppendCode(std::string& out, uint32_t code, const Charset& charset) {
  const ByteOrder order = charset.order.value_or(ByteOrder::kBig);
  if (charset.unit_bytes == 0) {
    AppendUtf8(out, code);
  } else if (charset.unit_bytes == 2 && code > 0xFFFF) {
    AppendUnit(out, 0xD800 + ((code - 0x10000) >> 10), 2, order);
    AppendUnit(out, 0xDC00 + ((code - 0x10000) & 0x3FF), 2, order);
  } else {
    AppendUnit(out, code, charset.unit_bytes, order);
  }
}

Result<Value> Encode(const Expr& call, Args args) {
  DELTAIC_ASSIGN_OR_RETURN(const Charset* charset, FindCharset(call, args[1]));
  std::string_view text = std::get<std::string>(args[0]);
  std::string out;
  // As in Java, UTF-16 begins with its byte order, and UTF-32 does not.
  if (!charset->order && charset->unit_bytes == 2 && !text.empty()) {
    AppendCode(out, kByteOrderMark, *charset);
  }
  while (!text.empty()) {
    const std::optional<uint32_t> code = TakeUtf8(text);
    if (!code || *code > charset->last_code) return Malformed(call, *charset);
    AppendCode(out, *code, *charset);
  }
  return Value(std::move(out));
}

/// Takes the byte order that `bytes` begin with off them, if they do.
ByteOrder TakeByteOrder(std::string_view& bytes, int size) {
  for (const ByteOrder order : {ByteOrder::kBig, ByteOrder::kLittle}) {
    if (bytes.size() < static_cast<size_t>(size)) break;
    if (UnitAt(bytes, size, order) != kByteOrderMark) continue;
    bytes.remove_prefix(static_cast<size_t>(size));
    return order;
  }
  return ByteOrder::kBig;
}

/// Takes a code point off the front of `bytes`; nullopt where there is none.
std::optional<uint32_t> TakeCode(std::string_view& bytes, const Charset& charset, ByteOrder order) {
  if (charset.unit_bytes == 0) return TakeUtf8(bytes);
  const auto size = static_cast<size_t>(charset.unit_bytes);
  const auto take = [&]() -> std::optional<uint32_t> {
    if (bytes.size() < size) return std::nullopt;
    const uint32_t unit = UnitAt(bytes, charset.unit_bytes, order);
    bytes.remove_prefix(size);
    return unit;
  };
  std::optional<uint32_t> code = take();
  if (code && size == 2 && IsSurrogate(*code)) {
    const std::optional<uint32_t> low = *code < 0xDC00 ? take() : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
    return 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
  }
  if (!code || *code > charset.last_code || IsSurrogate(*code)) return std::nullopt;
  return code;
}

Result<Value> Decode(const Expr& call, Args args) {
  DELTAIC_ASSIGN_OR_RETURN(const Charset* charset, FindCharset(call, args[1]));
  std::string_view bytes = std::get<std::string>(args[0]);
  const ByteOrder order =
      charset->order ? *charset->order : TakeByteOrder(bytes, charset->unit_bytes);
  std::string out;
  while (!bytes.empty()) {
    const std::optional<uint32_t> code = TakeCode(bytes, *charset, order);
    if (!code) return Malformed(call, *charset);
    AppendUtf8(out, *code);
  }
  return Value(std::move(out));
}

/// DECODE(x, a, b, ..., else) is CASE WHEN x <=> a THEN b ... ELSE else END.
Status DecodeAsCase(CallBinding& call) {
  std::vector<ExprPtr> args = std::exchange(call.args, {});
  for (size_t i = 1; i + 1 < args.size(); i += 2) {
    DELTAIC_ASSIGN_OR_RETURN(auto sides, UnifyCompared({args[0], args[i]}, call.session.zone));
    call.args.push_back(
        Expr::Call(Function::kNullSafeEqual, std::move(sides), TypeOf(TypeId::kBoolean)));
    call.args.push_back(args[i + 1]);
  }
  if (args.size() % 2 == 0) call.args.push_back(args.back());
  call.function = &BuiltIn("CASE");
  return BindToSignature(call);
}

Status DecodeRule(CallBinding& call) {
  if (call.args.size() > 2) return DecodeAsCase(call);
  const TypeId id = call.args[0]->type()->id();
  if (id != TypeId::kBinary && id != TypeId::kString && id != TypeId::kVoid) {
    return Status::InvalidArgument("predicate: DECODE takes binary, not ", Describe(*call.args[0]));
  }
  for (const auto& [i, type] : {std::pair{0, TypeId::kBinary}, {1, TypeId::kString}}) {
    DELTAIC_ASSIGN_OR_RETURN(call.args[i],
                             CastTo(std::move(call.args[i]), TypeOf(type), call.session.zone));
  }
  call.type = TypeOf(TypeId::kString);
  return Status::Ok();
}

constexpr FunctionDefinition kFunctions[] = {
    {.name = "ENCODE",
     .signature = "string, string -> binary",
     .evaluate = Encode,
     .may_fail = true},
    {.name = "DECODE",
     .signature = "any, any, any... -> *",
     .rule = DecodeRule,
     .evaluate = Decode,
     .may_fail = true},
};

}  // namespace

std::span<const FunctionDefinition> EncodingFunctions() { return kFunctions; }

}  // namespace deltaic
