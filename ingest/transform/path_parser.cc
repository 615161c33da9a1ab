#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "ingest/transform/path_node.h"

namespace deltaic::ingest {
namespace {

enum class Tok {
  kEnd,
  kName,
  kQuoted,
  kLiteral,
  kNumber,
  kDot,
  kStar,
  kLeftBracket,
  kRightBracket,
  kFlatten,
  kFilter,
  kLeftBrace,
  kRightBrace,
  kLeftParen,
  kRightParen,
  kComma,
  kColon,
  kPipe,
  kOr,
  kAnd,
  kNot,
  kCompare,
  kCurrent,
  kReference,
};

struct Token {
  Tok kind = Tok::kEnd;
  std::string text;
  Json literal;
  size_t at = 0;
};

/// How tightly a token binds what is left of it.
int Binding(Tok kind) {
  switch (kind) {
    case Tok::kPipe:
      return 1;
    case Tok::kOr:
      return 2;
    case Tok::kAnd:
      return 3;
    case Tok::kCompare:
      return 5;
    case Tok::kFlatten:
      return 9;
    case Tok::kStar:
      return 20;
    case Tok::kFilter:
      return 21;
    case Tok::kDot:
      return 40;
    case Tok::kNot:
      return 45;
    case Tok::kLeftBrace:
      return 50;
    case Tok::kLeftBracket:
      return 55;
    case Tok::kLeftParen:
      return 60;
    default:
      return 0;
  }
}
/// What binds less ends a projection.
constexpr int kProjectionEnd = 10;
constexpr int kMaxDepth = 200;

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> Run() {
    std::vector<Token> out;
    while (true) {
      while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' ||
                                    text_[at_] == '\r')) {
        ++at_;
      }
      Token& token = out.emplace_back(Token{.at = at_});
      if (at_ == text_.size()) return out;
      DELTAIC_RETURN_IF_ERROR(Next(token));
    }
  }

 private:
  Status Bad(size_t at, std::string_view what) const {
    return Status::InvalidArgument("JMESPath ", text_, ": position ", at + 1, ": ", what);
  }

  bool TakeIf(std::string_view text) {
    if (!text_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  Status Next(Token& token) {
    const char c = text_[at_];
    if (IsNameStart(c)) {
      while (at_ < text_.size() && (IsNameStart(text_[at_]) || IsDigit(text_[at_]))) ++at_;
      return Set(token, Tok::kName);
    }
    if (IsDigit(c) || (c == '-' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) {
      ++at_;
      while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
      return Set(token, Tok::kNumber);
    }
    if (c == '"' || c == '\'' || c == '`') return Quoted(token, c);
    static constexpr std::pair<std::string_view, Tok> kSymbols[] = {
        {"[?", Tok::kFilter},      {"[]", Tok::kFlatten},   {"[", Tok::kLeftBracket},
        {"]", Tok::kRightBracket}, {"||", Tok::kOr},        {"|", Tok::kPipe},
        {"&&", Tok::kAnd},         {"&", Tok::kReference},  {"==", Tok::kCompare},
        {"!=", Tok::kCompare},     {"!", Tok::kNot},        {"<=", Tok::kCompare},
        {"<", Tok::kCompare},      {">=", Tok::kCompare},   {">", Tok::kCompare},
        {".", Tok::kDot},          {"*", Tok::kStar},       {",", Tok::kComma},
        {":", Tok::kColon},        {"{", Tok::kLeftBrace},  {"}", Tok::kRightBrace},
        {"(", Tok::kLeftParen},    {")", Tok::kRightParen}, {"@", Tok::kCurrent}};
    for (const auto& [text, kind] : kSymbols) {
      if (TakeIf(text)) return Set(token, kind);
    }
    return Bad(at_, Concat("unexpected ", c));
  }

  Status Set(Token& token, Tok kind) {
    token.kind = kind;
    token.text = text_.substr(token.at, at_ - token.at);
    return Status();
  }

  Status Quoted(Token& token, char quote) {
    std::string inside;
    for (++at_;; ++at_) {
      if (at_ >= text_.size()) return Bad(token.at, "a quote that does not end");
      if (text_[at_] == quote) break;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        // Only names keep their escapes, for JSON to read; the others drop those of the quote.
        const bool drops = quote != '"' && (next == quote || (quote == '\'' && next == '\\'));
        if (!drops) inside += '\\';
        ++at_;
      }
      inside += text_[at_];
    }
    ++at_;
    if (quote == '\'') {
      token.kind = Tok::kLiteral;
      token.literal = Json(inside);
      return Status();
    }
    const std::string json = quote == '"' ? Concat('"', inside, '"') : inside;
    Result<Json> value = ParseJson(json);
    if (quote == '"') {
      if (!value.ok()) return Bad(token.at, "not a quoted name");
      token.kind = Tok::kQuoted;
      token.text = *value->as_text();
      return Status();
    }
    token.kind = Tok::kLiteral;
    // Bare words between backquotes were texts once, and are still used so.
    token.literal = value.ok() ? *value : Json(inside);
    return Status();
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::shared_ptr<PathNode> New(PathKind kind) {
  auto node = std::make_shared<PathNode>();
  node->kind = kind;
  return node;
}

PathNodePtr Make(PathKind kind, std::vector<PathNodePtr> children) {
  auto node = New(kind);
  node->children = std::move(children);
  return node;
}

/// A parser by binding powers: each token says what it means at the start of an expression, and
/// what after one.
class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  Result<PathNodePtr> Run() {
    DELTAIC_ASSIGN_OR_RETURN(auto node, Expression(0));
    if (Peek() != Tok::kEnd) return Unexpected();
    return node;
  }

 private:
  Tok Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].kind;
  }
  const Token& Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  Status Unexpected() const {
    const Token& token = tokens_[at_];
    if (token.kind == Tok::kEnd) {
      return Status::InvalidArgument("JMESPath ", text_, ": it ends too early");
    }
    return Status::InvalidArgument("JMESPath ", text_, ": position ", token.at + 1, ": unexpected ",
                                   text_.substr(token.at, 10));
  }
  Status Expect(Tok kind) {
    if (Peek() != kind) return Unexpected();
    Take();
    return Status();
  }

  Result<PathNodePtr> Expression(int binding) {
    if (++depth_ > kMaxDepth) return Status::InvalidArgument("JMESPath nests too deep");
    DELTAIC_ASSIGN_OR_RETURN(PathNodePtr left, Begin());
    while (binding < Binding(Peek())) {
      DELTAIC_ASSIGN_OR_RETURN(left, Continue(std::move(left)));
    }
    --depth_;
    return left;
  }

  Result<PathNodePtr> Begin() {
    const Token token = Take();
    switch (token.kind) {
      case Tok::kLiteral: {
        auto node = New(PathKind::kLiteral);
        node->literal = token.literal;
        return PathNodePtr(node);
      }
      case Tok::kName:
        if (Peek() == Tok::kLeftParen) return Function(token);
        [[fallthrough]];
      case Tok::kQuoted: {
        if (token.kind == Tok::kQuoted && Peek() == Tok::kLeftParen) return Unexpected();
        auto node = New(PathKind::kField);
        node->text = token.text;
        return PathNodePtr(node);
      }
      case Tok::kStar: {
        DELTAIC_ASSIGN_OR_RETURN(auto right, Peek() == Tok::kRightBracket
                                                 ? Result<PathNodePtr>(New(PathKind::kIdentity))
                                                 : ProjectionRight(Binding(Tok::kStar)));
        return Make(PathKind::kValueProjection, {New(PathKind::kIdentity), std::move(right)});
      }
      case Tok::kFilter:
        return Filter(New(PathKind::kIdentity));
      case Tok::kLeftBrace:
        return ObjectOf();
      case Tok::kLeftParen: {
        DELTAIC_ASSIGN_OR_RETURN(auto node, Expression(0));
        DELTAIC_RETURN_IF_ERROR(Expect(Tok::kRightParen));
        return node;
      }
      case Tok::kFlatten:
        return Flatten(New(PathKind::kIdentity));
      case Tok::kNot: {
        DELTAIC_ASSIGN_OR_RETURN(auto node, Expression(Binding(Tok::kNot)));
        return Make(PathKind::kNot, {std::move(node)});
      }
      case Tok::kLeftBracket:
        if (Peek() == Tok::kNumber || Peek() == Tok::kColon) {
          return Index(New(PathKind::kIdentity));
        }
        if (Peek() == Tok::kStar && Peek(1) == Tok::kRightBracket) {
          return StarIndex(New(PathKind::kIdentity));
        }
        return List();
      case Tok::kCurrent:
        return PathNodePtr(New(PathKind::kIdentity));
      case Tok::kReference: {
        DELTAIC_ASSIGN_OR_RETURN(auto node, Expression(0));
        return Make(PathKind::kReference, {std::move(node)});
      }
      default:
        if (token.kind != Tok::kEnd) --at_;
        return Unexpected();
    }
  }

  Result<PathNodePtr> Continue(PathNodePtr left) {
    const Token token = Take();
    switch (token.kind) {
      case Tok::kDot:
        if (Peek() == Tok::kStar) {
          Take();
          DELTAIC_ASSIGN_OR_RETURN(auto right, ProjectionRight(Binding(Tok::kDot)));
          return Make(PathKind::kValueProjection, {std::move(left), std::move(right)});
        } else {
          DELTAIC_ASSIGN_OR_RETURN(auto right, DotRight(Binding(Tok::kDot)));
          return Make(PathKind::kSubexpression, {std::move(left), std::move(right)});
        }
      case Tok::kPipe:
        return Binary(PathKind::kPipe, std::move(left), token);
      case Tok::kOr:
        return Binary(PathKind::kOr, std::move(left), token);
      case Tok::kAnd:
        return Binary(PathKind::kAnd, std::move(left), token);
      case Tok::kCompare:
        return Binary(PathKind::kCompare, std::move(left), token);
      case Tok::kFilter:
        return Filter(std::move(left));
      case Tok::kFlatten:
        return Flatten(std::move(left));
      case Tok::kLeftBracket:
        if (Peek() == Tok::kStar && Peek(1) == Tok::kRightBracket) {
          return StarIndex(std::move(left));
        }
        return Index(std::move(left));
      default:
        --at_;
        return Unexpected();
    }
  }

  Result<PathNodePtr> Binary(PathKind kind, PathNodePtr left, const Token& token) {
    DELTAIC_ASSIGN_OR_RETURN(auto right, Expression(Binding(token.kind)));
    auto node = New(kind);
    node->text = token.text;
    node->children = {std::move(left), std::move(right)};
    return PathNodePtr(node);
  }

  Result<PathNodePtr> Function(const Token& name) {
    const auto arity = PathFunctionArity(name.text);
    if (!arity) {
      return Status::InvalidArgument("JMESPath ", text_, ": there is no function ", name.text);
    }
    Take();
    auto node = New(PathKind::kFunction);
    node->text = name.text;
    while (Peek() != Tok::kRightParen) {
      DELTAIC_ASSIGN_OR_RETURN(auto argument, Expression(0));
      node->children.push_back(std::move(argument));
      if (Peek() == Tok::kComma) {
        Take();
        if (Peek() == Tok::kRightParen) return Unexpected();
      } else if (Peek() != Tok::kRightParen) {
        return Unexpected();
      }
    }
    Take();
    const int count = static_cast<int>(node->children.size());
    if (count < arity->first || (arity->second >= 0 && count > arity->second)) {
      return Status::InvalidArgument("JMESPath ", text_, ": ", name.text, " is given ", count,
                                     " arguments");
    }
    return PathNodePtr(node);
  }

  Result<PathNodePtr> Filter(PathNodePtr left) {
    DELTAIC_ASSIGN_OR_RETURN(auto condition, Expression(0));
    DELTAIC_RETURN_IF_ERROR(Expect(Tok::kRightBracket));
    DELTAIC_ASSIGN_OR_RETURN(auto right, Peek() == Tok::kFlatten
                                             ? Result<PathNodePtr>(New(PathKind::kIdentity))
                                             : ProjectionRight(Binding(Tok::kFilter)));
    return Make(PathKind::kFilter, {std::move(left), std::move(right), std::move(condition)});
  }

  Result<PathNodePtr> Flatten(PathNodePtr left) {
    auto flat = Make(PathKind::kFlatten, {std::move(left)});
    DELTAIC_ASSIGN_OR_RETURN(auto right, ProjectionRight(Binding(Tok::kFlatten)));
    return Make(PathKind::kProjection, {std::move(flat), std::move(right)});
  }

  Result<PathNodePtr> StarIndex(PathNodePtr left) {
    Take();
    Take();
    DELTAIC_ASSIGN_OR_RETURN(auto right, ProjectionRight(Binding(Tok::kStar)));
    return Make(PathKind::kProjection, {std::move(left), std::move(right)});
  }

  Result<int64_t> Number() {
    const std::string text = Take().text;
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
      return Status::InvalidArgument("JMESPath ", text_, ": the number ", text, " is too large");
    }
    return number;
  }

  /// After `[`: a number, or a slice, which projects.
  Result<PathNodePtr> Index(PathNodePtr left) {
    auto node = New(PathKind::kIndex);
    int part = 0;
    while (Peek() != Tok::kRightBracket) {
      if (Peek() == Tok::kColon && part < 2) {
        ++part;
        Take();
        node->kind = PathKind::kSlice;
      } else if (Peek() == Tok::kNumber && !node->slice[part]) {
        DELTAIC_ASSIGN_OR_RETURN(node->slice[part], Number());
      } else {
        return Unexpected();
      }
    }
    if (node->kind == PathKind::kIndex && !node->slice[0]) return Unexpected();
    if (node->slice[2] && *node->slice[2] == 0) {
      return Status::InvalidArgument("JMESPath ", text_, ": a step of 0 goes nowhere");
    }
    Take();
    node->index = node->slice[0].value_or(0);
    const bool is_slice = node->kind == PathKind::kSlice;
    auto both = Make(PathKind::kSubexpression, {std::move(left), PathNodePtr(node)});
    if (!is_slice) return both;
    DELTAIC_ASSIGN_OR_RETURN(auto right, ProjectionRight(Binding(Tok::kStar)));
    return Make(PathKind::kProjection, {std::move(both), std::move(right)});
  }

  Result<PathNodePtr> List() {
    auto node = New(PathKind::kList);
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(auto member, Expression(0));
      node->children.push_back(std::move(member));
      if (Peek() == Tok::kRightBracket) break;
      DELTAIC_RETURN_IF_ERROR(Expect(Tok::kComma));
    }
    Take();
    return PathNodePtr(node);
  }

  Result<PathNodePtr> ObjectOf() {
    auto node = New(PathKind::kObject);
    while (true) {
      if (Peek() != Tok::kName && Peek() != Tok::kQuoted) return Unexpected();
      node->names.push_back(Take().text);
      DELTAIC_RETURN_IF_ERROR(Expect(Tok::kColon));
      DELTAIC_ASSIGN_OR_RETURN(auto member, Expression(0));
      node->children.push_back(std::move(member));
      if (Peek() == Tok::kRightBrace) break;
      DELTAIC_RETURN_IF_ERROR(Expect(Tok::kComma));
    }
    Take();
    return PathNodePtr(node);
  }

  Result<PathNodePtr> ProjectionRight(int binding) {
    if (Binding(Peek()) < kProjectionEnd) return PathNodePtr(New(PathKind::kIdentity));
    if (Peek() == Tok::kLeftBracket || Peek() == Tok::kFilter) return Expression(binding);
    DELTAIC_RETURN_IF_ERROR(Expect(Tok::kDot));
    return DotRight(binding);
  }

  Result<PathNodePtr> DotRight(int binding) {
    switch (Peek()) {
      case Tok::kName:
      case Tok::kQuoted:
      case Tok::kStar:
        return Expression(binding);
      case Tok::kLeftBracket:
        Take();
        return List();
      case Tok::kLeftBrace:
        Take();
        return ObjectOf();
      default:
        return Unexpected();
    }
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<PathNodePtr> ParsePath(std::string_view text) {
  DELTAIC_ASSIGN_OR_RETURN(auto tokens, Lexer(text).Run());
  return Parser(text, std::move(tokens)).Run();
}

}  // namespace deltaic::ingest
