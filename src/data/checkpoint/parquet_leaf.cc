#include "data/checkpoint/parquet_leaf.h"

namespace deltaic {
namespace {

using parquet::schema::GroupNode;
using parquet::schema::Node;

/// The node at `path`, or nullptr.
const Node* FindNode(const parquet::SchemaDescriptor& schema,
                     const std::vector<std::string>& path) {
  const Node* node = schema.group_node();
  for (const std::string& name : path) {
    if (!node->is_group()) return nullptr;
    const auto& group = static_cast<const GroupNode&>(*node);
    const int index = group.FieldIndex(name);
    if (index < 0) return nullptr;
    node = group.field(index).get();
  }
  return node;
}

std::string Dotted(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& name : path) out += (out.empty() ? "" : ".") + name;
  return out;
}

Status WrongShape(const std::vector<std::string>& path, const char* expected) {
  return Status::Corruption("column ", Dotted(path), " is not ", expected);
}

int16_t DefinitionLevel(const Node& node) {
  int16_t level = 0;
  for (const Node* n = &node; n->parent() != nullptr; n = n->parent())
    level += n->is_required() ? 0 : 1;
  return level;
}

/// nullopt where the leaf is repeated more or less than `max_repetition` times.
std::optional<ParquetLeaf> DescribeLeaf(const parquet::SchemaDescriptor& schema, const Node& node,
                                        int16_t max_repetition) {
  if (!node.is_primitive()) return std::nullopt;
  ParquetLeaf out;
  out.index = schema.ColumnIndex(node);
  if (out.index < 0) return std::nullopt;
  const parquet::ColumnDescriptor* column = schema.Column(out.index);
  if (column->max_repetition_level() != max_repetition) return std::nullopt;
  out.type = column->physical_type();
  out.value_level = column->max_definition_level();
  for (const Node* n = &node; n->parent() != nullptr; n = n->parent()) {
    if (n->is_repeated()) out.entry_level = DefinitionLevel(*n);
  }
  return out;
}

}  // namespace

Result<std::optional<ParquetLeaf>> FindLeaf(const parquet::SchemaDescriptor& schema,
                                            const std::vector<std::string>& path) {
  const Node* node = FindNode(schema, path);
  if (node == nullptr) return std::optional<ParquetLeaf>();
  std::optional<ParquetLeaf> leaf = DescribeLeaf(schema, *node, 0);
  if (!leaf) return WrongShape(path, "a plain column");
  return leaf;
}

Result<std::optional<MapColumn>> FindMap(const parquet::SchemaDescriptor& schema,
                                         const std::vector<std::string>& path) {
  const Node* node = FindNode(schema, path);
  if (node == nullptr) return std::optional<MapColumn>();
  // A map is a group of one repeated group of key and value, whatever their names.
  if (!node->is_group() || static_cast<const GroupNode*>(node)->field_count() != 1)
    return WrongShape(path, "a map");
  const Node* entries = static_cast<const GroupNode*>(node)->field(0).get();
  if (!entries->is_group() || !entries->is_repeated() ||
      static_cast<const GroupNode*>(entries)->field_count() != 2) {
    return WrongShape(path, "a map");
  }
  const auto& pair = static_cast<const GroupNode&>(*entries);
  const std::optional<ParquetLeaf> key = DescribeLeaf(schema, *pair.field(0), 1);
  const std::optional<ParquetLeaf> value = DescribeLeaf(schema, *pair.field(1), 1);
  if (!key || !value || key->type != parquet::Type::BYTE_ARRAY ||
      value->type != parquet::Type::BYTE_ARRAY) {
    return WrongShape(path, "a map of text");
  }
  return std::optional<MapColumn>(MapColumn{*key, *value});
}

Result<std::optional<ParquetLeaf>> FindList(const parquet::SchemaDescriptor& schema,
                                            const std::vector<std::string>& path) {
  const Node* node = FindNode(schema, path);
  if (node == nullptr) return std::optional<ParquetLeaf>();
  // Lists of text have two or three storeys; each has one child.
  while (node->is_group()) {
    const auto* group = static_cast<const GroupNode*>(node);
    if (group->field_count() != 1) return WrongShape(path, "a list of text");
    node = group->field(0).get();
  }
  const std::optional<ParquetLeaf> leaf = DescribeLeaf(schema, *node, 1);
  if (!leaf || leaf->type != parquet::Type::BYTE_ARRAY) return WrongShape(path, "a list of text");
  return leaf;
}

}  // namespace deltaic
