#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/json_tree.h"

namespace deltaic::ingest {

enum class PathKind {
  kIdentity,
  kField,            // text
  kLiteral,          // literal
  kIndex,            // index
  kSlice,            // slice
  kSubexpression,    // all children in turn, each over the one before
  kPipe,             // the same, and null does not end it
  kProjection,       // the right child over each element of the left one, an array
  kValueProjection,  // the same over the values of an object
  kFilter,           // a projection of the elements for which the third child is true
  kFlatten,
  kOr,
  kAnd,
  kNot,
  kCompare,    // text: the operator
  kList,       // of the children's values
  kObject,     // of them by names
  kFunction,   // text: the name
  kReference,  // &expression, an argument
};

/// One part of a parsed expression. Immutable once parsed.
struct PathNode {
  PathKind kind = PathKind::kIdentity;
  std::string text;
  Json literal;
  int64_t index = 0;
  std::optional<int64_t> slice[3];
  std::vector<std::string> names;
  std::vector<std::shared_ptr<const PathNode>> children;
};
using PathNodePtr = std::shared_ptr<const PathNode>;

Result<PathNodePtr> ParsePath(std::string_view text);
Result<Json> Evaluate(const PathNode& node, const Json& value);

/// A function's arguments: values, and expressions where a `&` stands.
struct PathArgument {
  Json value;
  const PathNode* reference = nullptr;
};
Result<Json> CallPathFunction(const std::string& name, std::vector<PathArgument>& arguments);
/// How many arguments it takes, at least and at most (-1: any number); nullopt: no such function.
std::optional<std::pair<int, int>> PathFunctionArity(std::string_view name);

}  // namespace deltaic::ingest
