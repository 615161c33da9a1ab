#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// A LIKE pattern: `%` any text, `_` one character (UTF-8), backslash makes the next `%`, `_` or
/// backslash itself. Immutable: safe from any thread.
class LikePattern {
 public:
  /// \retval kInvalidArgument  a backslash before anything else, or at the end (as Spark has it).
  static Result<LikePattern> Parse(std::string_view pattern);

  /// The pattern with `escape` (one character, not a wildcard) for the backslash, as one with
  /// backslashes. \retval kInvalidArgument  as Parse, or another `escape`.
  static Result<std::string> ReplaceEscape(std::string_view pattern, std::string_view escape);

  /// Whether the whole of `text` matches. Time is at most proportional to |text| * |pattern|.
  bool Matches(std::string_view text) const;

  /// The text before the first wildcard, without escapes: all that match start with it.
  const std::string& prefix() const { return prefix_; }
  bool is_exact() const { return pieces_.size() == 0; }    ///< no wildcard: equal to the prefix
  bool is_prefix_only() const { return is_prefix_only_; }  ///< the prefix and then only `%`

 private:
  enum class Piece : char { kByte, kAnyCharacter, kAnyText };
  struct Element {
    Piece piece;
    char byte;
  };

  std::string prefix_;
  std::vector<Element> pieces_;  ///< all after the prefix
  bool is_prefix_only_ = false;
};

}  // namespace deltaic
