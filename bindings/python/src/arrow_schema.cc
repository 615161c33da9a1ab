#include "arrow_schema.h"

#include <nanobind/stl/string.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace deltaic_python {
namespace {

constexpr const char* kSchemaName = "arrow_schema";
/// Deeper nesting than any table's schema; keeps recursion over a stranger's schema bounded.
constexpr int kMaxDepth = 200;

/// A schema of our own making: `ArrowSchema::private_data` of what we export.
struct SchemaNode {
  std::string format;
  std::string name;
  std::string metadata;  ///< in the C interface's form; empty: none
  std::vector<std::unique_ptr<ArrowSchema>> children;
  std::vector<ArrowSchema*> child_pointers;
  std::unique_ptr<ArrowSchema> dictionary;

  ~SchemaNode() {
    for (auto& child : children) Release(child.get());
    Release(dictionary.get());
  }
  static void Release(ArrowSchema* schema) {
    if (schema != nullptr && schema->release != nullptr) schema->release(schema);
  }
};

void Export(std::unique_ptr<SchemaNode> node, int64_t flags, ArrowSchema* out) {
  for (auto& child : node->children) node->child_pointers.push_back(child.get());
  *out = {};
  out->format = node->format.c_str();
  out->name = node->name.c_str();
  out->metadata = node->metadata.empty() ? nullptr : node->metadata.data();
  out->flags = flags;
  out->n_children = static_cast<int64_t>(node->children.size());
  out->children = node->child_pointers.data();
  out->dictionary = node->dictionary.get();
  out->release = [](ArrowSchema* self) {
    delete static_cast<SchemaNode*>(self->private_data);
    self->release = nullptr;
  };
  out->private_data = node.release();
}

int32_t ReadInt32(const char** cursor) {
  int32_t value = 0;
  std::memcpy(&value, *cursor, sizeof value);
  *cursor += sizeof value;
  return value;
}

size_t MetadataSize(const char* metadata) {
  if (metadata == nullptr) return 0;
  const char* cursor = metadata;
  for (int32_t texts = 2 * ReadInt32(&cursor); texts > 0; --texts) {
    const int32_t length = ReadInt32(&cursor);
    cursor += length;
  }
  return static_cast<size_t>(cursor - metadata);
}

void CheckDepth(int depth) {
  if (depth > kMaxDepth) throw nb::value_error("the Arrow schema is nested too deep");
}

void CopyNode(const ArrowSchema& source, ArrowSchema* out, int depth) {
  CheckDepth(depth);
  auto node = std::make_unique<SchemaNode>();
  node->format = source.format;
  node->name = source.name == nullptr ? "" : source.name;
  if (source.metadata != nullptr) {
    node->metadata.assign(source.metadata, MetadataSize(source.metadata));
  }
  for (int64_t i = 0; i < source.n_children; ++i) {
    node->children.push_back(std::make_unique<ArrowSchema>());
    CopyNode(*source.children[i], node->children.back().get(), depth + 1);
  }
  if (source.dictionary != nullptr) {
    node->dictionary = std::make_unique<ArrowSchema>();
    CopyNode(*source.dictionary, node->dictionary.get(), depth + 1);
  }
  Export(std::move(node), source.flags, out);
}

/// All pairs in their order, equal keys too.
nb::list MetadataPairs(const char* metadata) {
  nb::list out;
  if (metadata == nullptr) return out;
  const char* cursor = metadata;
  const auto next_text = [&cursor] {
    const int32_t length = ReadInt32(&cursor);
    nb::object text = nb::steal(PyUnicode_DecodeUTF8(cursor, length, "replace"));
    cursor += length;
    return text;
  };
  for (int32_t pairs = ReadInt32(&cursor); pairs > 0; --pairs) {
    const nb::object key = next_text();
    out.append(nb::make_tuple(key, next_text()));
  }
  return out;
}

nb::dict MetadataToDict(const char* metadata) {
  nb::dict out;
  for (nb::handle pair : MetadataPairs(metadata)) out[pair[0]] = pair[1];
  return out;
}

std::string MetadataFromDict(const nb::dict& metadata) {
  if (metadata.size() == 0) return {};
  std::string out;
  const auto append = [&out](const std::string& bytes) {
    const auto length = static_cast<int32_t>(bytes.size());
    out.append(reinterpret_cast<const char*>(&length), sizeof length).append(bytes);
  };
  const auto pairs = static_cast<int32_t>(metadata.size());
  out.append(reinterpret_cast<const char*>(&pairs), sizeof pairs);
  for (const auto& [key, value] : metadata) {
    append(nb::cast<std::string>(key));
    append(nb::cast<std::string>(value));
  }
  return out;
}

nb::tuple NodeToTuple(const ArrowSchema& schema, int depth) {
  CheckDepth(depth);
  nb::list children;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    children.append(NodeToTuple(*schema.children[i], depth + 1));
  }
  const nb::object dictionary = schema.dictionary == nullptr
                                    ? nb::none()
                                    : nb::object(NodeToTuple(*schema.dictionary, depth + 1));
  return nb::make_tuple(schema.format, schema.name == nullptr ? "" : schema.name, schema.flags,
                        MetadataToDict(schema.metadata), children, dictionary);
}

void TupleToNode(const nb::tuple& tuple, ArrowSchema* out, int depth) {
  CheckDepth(depth);
  auto node = std::make_unique<SchemaNode>();
  node->format = nb::cast<std::string>(tuple[0]);
  node->name = nb::cast<std::string>(tuple[1]);
  const auto flags = nb::cast<int64_t>(tuple[2]);
  node->metadata = MetadataFromDict(nb::cast<nb::dict>(tuple[3]));
  for (nb::handle child : nb::cast<nb::sequence>(tuple[4])) {
    node->children.push_back(std::make_unique<ArrowSchema>());
    TupleToNode(nb::cast<nb::tuple>(child), node->children.back().get(), depth + 1);
  }
  if (const nb::object dictionary = tuple[5]; !dictionary.is_none()) {
    node->dictionary = std::make_unique<ArrowSchema>();
    TupleToNode(nb::cast<nb::tuple>(dictionary), node->dictionary.get(), depth + 1);
  }
  Export(std::move(node), flags, out);
}

}  // namespace

void CopySchema(const ArrowSchema& source, ArrowSchema* out) { CopyNode(source, out, 0); }

const ArrowSchema* SchemaOfCapsule(nb::handle capsule) {
  auto* schema = static_cast<ArrowSchema*>(PyCapsule_GetPointer(capsule.ptr(), kSchemaName));
  if (schema == nullptr) throw nb::python_error();
  if (schema->release == nullptr) throw nb::value_error("the Arrow schema was consumed already");
  return schema;
}

nb::object SchemaToCapsule(OwnedSchema schema) {
  auto* owned = new ArrowSchema(std::exchange(schema.schema, ArrowSchema{}));
  return nb::capsule(owned, kSchemaName, [](void* pointer) noexcept {
    auto* schema = static_cast<ArrowSchema*>(pointer);
    if (schema->release != nullptr) schema->release(schema);
    delete schema;
  });
}

void BindSchemas(nb::module_& module) {
  module.def(
      "schema_metadata",
      [](nb::object schema) { return MetadataPairs(SchemaOfCapsule(schema)->metadata); },
      nb::arg("schema"));
  module.def(
      "schema_to_node", [](nb::object schema) { return NodeToTuple(*SchemaOfCapsule(schema), 0); },
      nb::arg("schema"));
  module.def(
      "schema_from_node",
      [](const nb::tuple& node) {
        OwnedSchema schema;
        TupleToNode(node, &schema.schema, 0);
        return SchemaToCapsule(std::move(schema));
      },
      nb::arg("node"));
}

}  // namespace deltaic_python
