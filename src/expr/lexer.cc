#include "expr/lexer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace deltaic {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  Lexer(std::string_view sql, std::string_view what) : sql_(sql), what_(what) {}

  Result<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    while (true) {
      DELTAIC_RETURN_IF_ERROR(PassSpaceAndComments());
      DELTAIC_ASSIGN_OR_RETURN(Token token, Next());
      token.end_offset = at_;
      tokens.push_back(std::move(token));
      if (tokens.back().kind == TokenKind::kEnd) return tokens;
    }
  }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  /// As Spark's: "--" to the end of its line, and "/*" to its "*/", which nest.
  Status PassSpaceAndComments() {
    while (at_ < sql_.size()) {
      if (IsSpace(sql_[at_])) {
        ++at_;
      } else if (sql_.substr(at_).starts_with("--")) {
        at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
      } else if (sql_.substr(at_).starts_with("/*")) {
        DELTAIC_RETURN_IF_ERROR(PassBracketedComment());
      } else {
        break;
      }
    }
    return Status();
  }

  Status PassBracketedComment() {
    const size_t start = at_;
    size_t depth = 0;
    do {
      const size_t mark = sql_.find_first_of("/*", at_);
      if (mark == std::string_view::npos) {
        return SyntaxError(sql_, start, "the comment is never closed");
      }
      const std::string_view pair = sql_.substr(mark, 2);
      const bool opens = pair == "/*", closes = pair == "*/";
      at_ = mark + (opens || closes ? 2 : 1);
      depth += opens ? 1 : 0;
      depth -= closes ? 1 : 0;
    } while (depth > 0);
    return Status();
  }

  Result<Token> Next() {
    const size_t start = at_;
    const char c = Peek();
    if (at_ == sql_.size()) return Token{TokenKind::kEnd, "", start};
    if (c == '\'') return Quoted(TokenKind::kText);
    if (c == '`' || c == '"') return Quoted(TokenKind::kQuotedName);
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)) && !AfterName())) return Number();
    if (IsLetter(c)) {
      while (at_ < sql_.size() && (IsLetter(Peek()) || IsDigit(Peek()))) ++at_;
      return Token{TokenKind::kWord, std::string(sql_.substr(start, at_ - start)), start};
    }
    return Symbol();
  }

  /// Whether the byte before ends an operand, so that a point here parts it from a member.
  bool AfterName() const {
    return at_ > 0 && (IsLetter(sql_[at_ - 1]) ||
                       std::string_view("`\")]").find(sql_[at_ - 1]) != std::string_view::npos);
  }

  Result<Token> Quoted(TokenKind kind) {
    const size_t start = at_;
    const char quote = sql_[at_++];
    std::string text;
    while (at_ < sql_.size()) {
      if (sql_[at_] == quote) {
        if (Peek(1) != quote) {
          ++at_;
          return Token{kind, std::move(text), start};
        }
        ++at_;  // a doubled quote stands for one
      }
      text.push_back(sql_[at_++]);
    }
    return SyntaxError(sql_, start, Concat("the quote ", quote, " is never closed"), what_);
  }

  Result<Token> Number() {
    const size_t start = at_;
    while (IsDigit(Peek())) ++at_;
    if (Peek() == '.') {
      ++at_;
      while (IsDigit(Peek())) ++at_;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      const size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
      if (IsDigit(Peek(1 + sign))) {
        at_ += 1 + sign;
        while (IsDigit(Peek())) ++at_;
      }
    }
    while (at_ < sql_.size() && (IsLetter(Peek()) || IsDigit(Peek()))) ++at_;
    return Token{TokenKind::kNumber, std::string(sql_.substr(start, at_ - start)), start};
  }

  Result<Token> Symbol() {
    // Longest first.
    static constexpr std::pair<std::string_view, std::string_view> kSymbols[] = {
        {"<=>", "<=>"}, {"==", "="},  {"!=", "<>"}, {"<>", "<>"}, {"<=", "<="}, {">=", ">="},
        {"||", "||"},   {"::", "::"}, {":", ":"},   {"=", "="},   {"<", "<"},   {">", ">"},
        {"(", "("},     {")", ")"},   {"[", "["},   {"]", "]"},   {",", ","},   {".", "."},
        {"+", "+"},     {"-", "-"},   {"*", "*"},   {"/", "/"},   {"%", "%"},   {"&", "&"},
        {"|", "|"},     {"^", "^"},   {"~", "~"}};
    const size_t start = at_;
    for (const auto& [written, meant] : kSymbols) {
      if (sql_.substr(at_).starts_with(written)) {
        at_ += written.size();
        return Token{TokenKind::kSymbol, std::string(meant), start};
      }
    }
    const auto byte = static_cast<unsigned char>(sql_[at_]);
    if (byte < 0x20 || byte == 0x7F) {
      return SyntaxError(sql_, start, Concat("unexpected control character ", int{byte}), what_);
    }
    return SyntaxError(sql_, start, Concat("unexpected character '", sql_[at_], "'"), what_);
  }

  std::string_view sql_;
  std::string_view what_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> Tokenize(std::string_view sql, std::string_view what) {
  return Lexer(sql, what).Run();
}

Status SyntaxError(std::string_view sql, size_t offset, std::string_view what,
                   std::string_view text) {
  constexpr size_t kWindow = 60;  // characters shown on each side of the caret, about
  size_t position = 1;
  for (size_t i = 0; i < offset; ++i) position += IsContinuation(sql[i]) ? 0 : 1;

  size_t start = offset > kWindow ? offset - kWindow : 0;
  while (start < offset && IsContinuation(sql[start])) ++start;
  size_t end = sql.size() - offset > kWindow ? offset + kWindow : sql.size();
  while (end > offset && end < sql.size() && IsContinuation(sql[end])) --end;

  std::string line = start > 0 ? "..." : "";
  std::string caret(line.size(), ' ');
  for (size_t i = start; i < end; ++i) {
    const auto byte = static_cast<unsigned char>(sql[i]);
    line.push_back(byte < 0x20 || byte == 0x7F ? ' ' : sql[i]);
    if (i < offset && !IsContinuation(sql[i])) caret.push_back(' ');
  }
  if (end < sql.size()) line += "...";
  return Status::InvalidArgument(text, ", position ", position, ": ", what, "\n  ", line, "\n  ",
                                 caret, "^");
}

}  // namespace deltaic
