#include "expr/like_pattern.h"

#include <algorithm>

namespace deltaic {
namespace {

/// The bytes of the UTF-8 character at `at`; of broken text, one and the continuation bytes after
/// it.
size_t CharacterLength(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

}  // namespace

Result<LikePattern> LikePattern::Parse(std::string_view pattern) {
  LikePattern out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '%' || c == '_') {
      const Piece piece = c == '%' ? Piece::kAnyText : Piece::kAnyCharacter;
      // Two in a row mean the same as one, and cost backtracking.
      const bool repeated = piece == Piece::kAnyText && !out.pieces_.empty() &&
                            out.pieces_.back().piece == Piece::kAnyText;
      if (!repeated) out.pieces_.push_back({piece, '\0'});
      continue;
    }
    if (c == '\\') {
      if (++i == pattern.size()) {
        return Status::InvalidArgument("the LIKE pattern '", pattern,
                                       "' ends in a single backslash; write \\\\ for one");
      }
      c = pattern[i];
      if (c != '%' && c != '_' && c != '\\') {
        return Status::InvalidArgument("the LIKE pattern '", pattern,
                                       "' has a backslash before something else than %, _ or "
                                       "backslash; write \\\\ for one");
      }
    }
    if (out.pieces_.empty()) {
      out.prefix_.push_back(c);
    } else {
      out.pieces_.push_back({Piece::kByte, c});
    }
  }
  out.is_prefix_only_ = out.pieces_.size() == 1 && out.pieces_[0].piece == Piece::kAnyText;
  return out;
}

Result<std::string> LikePattern::ReplaceEscape(std::string_view pattern, std::string_view escape) {
  if (escape.empty() || CharacterLength(escape, 0) != escape.size() || escape == "%" ||
      escape == "_") {
    return Status::InvalidArgument("ESCAPE takes one character other than % and _");
  }
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    if (pattern.substr(i).starts_with(escape)) {
      i += escape.size();
      const std::string_view rest = pattern.substr(i);
      if (rest.starts_with(escape)) {
        out += escape == "\\" ? "\\\\" : escape;
        i += escape.size();
      } else if (rest.starts_with('%') || rest.starts_with('_')) {
        out.push_back('\\');
        out.push_back(pattern[i++]);
      } else {
        return Status::InvalidArgument("the LIKE pattern '", pattern, "' has ", escape,
                                       " before something else than %, _ or itself");
      }
    } else {
      if (pattern[i] == '\\') out.push_back('\\');
      out.push_back(pattern[i++]);
    }
  }
  return out;
}

bool LikePattern::Matches(std::string_view text) const {
  if (!text.starts_with(prefix_)) return false;
  if (is_exact()) return text.size() == prefix_.size();
  if (is_prefix_only_) return true;

  // Greedy with one point of return: the last `%` is the only one worth trying again.
  size_t at = prefix_.size();
  size_t piece = 0;
  size_t retry_piece = pieces_.size();
  size_t retry_at = 0;
  while (at < text.size()) {
    if (piece < pieces_.size()) {
      const Element& element = pieces_[piece];
      if (element.piece == Piece::kAnyText) {
        retry_piece = piece++;
        retry_at = at;
        continue;
      }
      if (element.piece == Piece::kAnyCharacter) {
        at += CharacterLength(text, at);
        ++piece;
        continue;
      }
      if (element.byte == text[at]) {
        ++at;
        ++piece;
        continue;
      }
    }
    if (retry_piece == pieces_.size()) return false;
    piece = retry_piece + 1;
    retry_at += CharacterLength(text, retry_at);
    at = retry_at;
  }
  return std::all_of(pieces_.begin() + static_cast<ptrdiff_t>(piece), pieces_.end(),
                     [](const Element& e) { return e.piece == Piece::kAnyText; });
}

}  // namespace deltaic
