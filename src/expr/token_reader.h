#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/lexer.h"
#include "expr/sql_words.h"

namespace deltaic {

/// Walks over the tokens of one SQL text. One thread at a time.
class TokenReader {
 public:
  /// \param what  the text is, for errors.
  TokenReader(std::string_view sql, std::vector<Token> tokens, std::string_view what = "predicate")
      : sql_(sql), tokens_(std::move(tokens)), what_(what) {}

  const Token& Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  bool IsEnd() const { return Peek().kind == TokenKind::kEnd; }
  /// `word` in upper case.
  bool IsWord(std::string_view word, size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kWord && UpperAscii(Peek(ahead).text) == word;
  }
  bool IsSymbol(std::string_view symbol, size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kSymbol && Peek(ahead).text == symbol;
  }
  bool TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    Take();
    return true;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (!IsSymbol(symbol)) return false;
    Take();
    return true;
  }

  Status Error(const Token& at, std::string_view what) const {
    return SyntaxError(sql_, at.offset, what, what_);
  }
  Status Unexpected(std::string_view expected) const {
    const Token& token = Peek();
    const std::string found =
        IsEnd() ? "the text ends"
                : Concat("found ",
                         sql_.substr(token.offset, std::min<size_t>(token.end_offset - token.offset,
                                                                    kLongestShown)));
    return Error(token, Concat("expected ", expected, ", but ", found));
  }
  Status ExpectSymbol(std::string_view symbol) {
    return TakeSymbol(symbol) ? Status::Ok() : Unexpected(symbol);
  }
  Status ExpectWord(std::string_view word) {
    return TakeWord(word) ? Status::Ok() : Unexpected(word);
  }

 private:
  static constexpr size_t kLongestShown = 40;

  std::string_view sql_;
  std::vector<Token> tokens_;
  std::string_view what_;
  size_t at_ = 0;
};

}  // namespace deltaic
