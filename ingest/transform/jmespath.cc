#include "ingest/transform/jmespath.h"

#include <algorithm>

#include "ingest/transform/path_node.h"

namespace deltaic::ingest {
namespace {

Result<Json> Project(const JsonArray& from, const PathNode& right) {
  JsonArray out;
  for (const Json& member : from) {
    DELTAIC_ASSIGN_OR_RETURN(Json value, Evaluate(right, member));
    if (!value.is_null()) out.push_back(std::move(value));
  }
  return Json(std::move(out));
}

Json Slice(const JsonArray& from, const PathNode& node) {
  const auto count = static_cast<int64_t>(from.size());
  const int64_t step = node.slice[2].value_or(1);
  const auto bound = [&](const std::optional<int64_t>& given, int64_t otherwise) {
    if (!given) return otherwise;
    const int64_t at = *given < 0 ? *given + count : *given;
    return step > 0 ? std::clamp<int64_t>(at, 0, count) : std::clamp<int64_t>(at, -1, count - 1);
  };
  JsonArray out;
  if (step > 0) {
    const int64_t end = bound(node.slice[1], count);
    for (int64_t i = bound(node.slice[0], 0); i < end; i += std::min(step, count)) {
      out.push_back(from[static_cast<size_t>(i)]);
    }
  } else {
    const int64_t end = bound(node.slice[1], -1);
    for (int64_t i = bound(node.slice[0], count - 1); i > end; i += std::max(step, -count)) {
      out.push_back(from[static_cast<size_t>(i)]);
    }
  }
  return Json(std::move(out));
}

Json Compare(const std::string& op, const Json& a, const Json& b) {
  if (op == "==") return Json(a == b);
  if (op == "!=") return Json(!(a == b));
  if (!a.is_number() || !b.is_number()) return Json();
  if (op == "<") return Json(a.number() < b.number());
  if (op == "<=") return Json(a.number() <= b.number());
  return op == ">" ? Json(a.number() > b.number()) : Json(a.number() >= b.number());
}

Result<Json> Filter(const PathNode& node, const Json& left) {
  const JsonArray* array = left.as_array();
  if (array == nullptr) return Json();
  JsonArray kept;
  for (const Json& member : *array) {
    DELTAIC_ASSIGN_OR_RETURN(const Json holds, Evaluate(*node.children[2], member));
    if (IsTrueLike(holds)) kept.push_back(member);
  }
  return Project(kept, *node.children[1]);
}

Result<Json> Flatten(const Json& left) {
  const JsonArray* array = left.as_array();
  if (array == nullptr) return Json();
  JsonArray out;
  for (const Json& member : *array) {
    if (const JsonArray* inner = member.as_array()) {
      out.insert(out.end(), inner->begin(), inner->end());
    } else {
      out.push_back(member);
    }
  }
  return Json(std::move(out));
}

Result<Json> ProjectValues(const PathNode& node, const Json& left) {
  const JsonObject* object = left.as_object();
  if (object == nullptr) return Json();
  JsonArray values;
  for (const auto& [key, value] : *object) values.push_back(value);
  return Project(values, *node.children[1]);
}

Result<Json> Call(const PathNode& node, const Json& value) {
  std::vector<PathArgument> arguments;
  for (const PathNodePtr& child : node.children) {
    PathArgument& argument = arguments.emplace_back();
    if (child->kind == PathKind::kReference) {
      argument.reference = child->children[0].get();
    } else {
      DELTAIC_ASSIGN_OR_RETURN(argument.value, Evaluate(*child, value));
    }
  }
  return CallPathFunction(node.text, arguments);
}

Result<Json> Choose(const PathNode& node, const Json& left, const Json& value) {
  const bool takes_left = IsTrueLike(left) == (node.kind == PathKind::kOr);
  return takes_left ? Result<Json>(left) : Evaluate(*node.children[1], value);
}

Result<Json> Collect(const PathNode& node, const Json& value) {
  if (value.is_null()) return Json();
  JsonArray list;
  JsonObject object;
  for (size_t i = 0; i < node.children.size(); ++i) {
    DELTAIC_ASSIGN_OR_RETURN(Json member, Evaluate(*node.children[i], value));
    if (node.kind == PathKind::kList) {
      list.push_back(std::move(member));
    } else {
      object.emplace_back(node.names[i], std::move(member));
    }
  }
  return node.kind == PathKind::kList ? Json(std::move(list)) : Json(std::move(object));
}

Json ElementAt(const Json& value, int64_t index) {
  const JsonArray* array = value.as_array();
  if (array == nullptr) return Json();
  const auto count = static_cast<int64_t>(array->size());
  if (index < 0) index += count;
  return index < 0 || index >= count ? Json() : (*array)[static_cast<size_t>(index)];
}

}  // namespace

bool IsTrueLike(const Json& json) {
  if (json.is_null()) return false;
  if (const bool* flag = json.as_bool()) return *flag;
  if (const std::string* text = json.as_text()) return !text->empty();
  if (const JsonArray* array = json.as_array()) return !array->empty();
  if (const JsonObject* object = json.as_object()) return !object->empty();
  return true;
}

Result<Json> Evaluate(const PathNode& node, const Json& value) {
  switch (node.kind) {
    case PathKind::kIdentity:
      return value;
    case PathKind::kField: {
      const Json* member = value.Find(node.text);
      return member == nullptr ? Json() : *member;
    }
    case PathKind::kLiteral:
      return node.literal;
    case PathKind::kIndex:
      return ElementAt(value, node.index);
    case PathKind::kSlice: {
      const JsonArray* array = value.as_array();
      return array == nullptr ? Json() : Slice(*array, node);
    }
    case PathKind::kList:
    case PathKind::kObject:
      return Collect(node, value);
    case PathKind::kFunction:
      return Call(node, value);
    case PathKind::kReference:
      return Status::SchemaMismatch("an expression with & stands where a value is due");
    default:
      break;
  }
  DELTAIC_ASSIGN_OR_RETURN(const Json left, Evaluate(*node.children[0], value));
  switch (node.kind) {
    case PathKind::kSubexpression:
    case PathKind::kPipe:
      return Evaluate(*node.children[1], left);
    case PathKind::kProjection: {
      const JsonArray* array = left.as_array();
      return array == nullptr ? Result<Json>(Json()) : Project(*array, *node.children[1]);
    }
    case PathKind::kValueProjection:
      return ProjectValues(node, left);
    case PathKind::kFilter:
      return Filter(node, left);
    case PathKind::kFlatten:
      return Flatten(left);
    case PathKind::kOr:
    case PathKind::kAnd:
      return Choose(node, left, value);
    case PathKind::kNot:
      return Json(!IsTrueLike(left));
    default: {
      DELTAIC_ASSIGN_OR_RETURN(const Json right, Evaluate(*node.children[1], value));
      return Compare(node.text, left, right);
    }
  }
}

Result<JmesPath> JmesPath::Parse(std::string_view text) {
  DELTAIC_ASSIGN_OR_RETURN(PathNodePtr root, ParsePath(text));
  return JmesPath(std::string(text), std::move(root));
}

Result<Json> JmesPath::Search(const Json& document) const { return Evaluate(*root_, document); }

}  // namespace deltaic::ingest
