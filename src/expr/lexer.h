#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

enum class TokenKind {
  kEnd,
  kWord,        ///< bare name or keyword
  kQuotedName,  ///< `name` or "name"; text without quotes
  kText,        ///< 'text', without quotes
  kNumber,      ///< as written, suffix included, without sign
  kSymbol,      ///< = <> < <= > >= <=> ( ) [ ] , . :: + - * / % & | ^ ~ ||
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  size_t offset = 0;      ///< in bytes from the start of the SQL text
  size_t end_offset = 0;  ///< one past the last byte
};

/// Splits SQL text into tokens, the last of which is kEnd. `==` becomes `=`, and `!=` becomes `<>`.
/// \retval kInvalidArgument  (with position and caret) an unknown character or an unfinished quote.
/// \param what  the text is, for errors.
Result<std::vector<Token>> Tokenize(std::string_view sql, std::string_view what = "predicate");

/// "TEXT, position 5: WHAT" and below it the text with a caret. Positions count characters from 1.
/// \param text  what is parsed: "predicate".
Status SyntaxError(std::string_view sql, size_t offset, std::string_view what,
                   std::string_view text = "predicate");

}  // namespace deltaic
