#include "protocol/file_stats.h"

#include <algorithm>
#include <utility>

#include "protocol/json_reader.h"
#include "protocol/stats_bound.h"

namespace deltaic {
namespace {

using json::JsonValue;

/// A wanted column.
struct Leaf {
  std::vector<std::string> path;
  BoundType type;
};

/// A wanted column or a struct above one.
struct Node {
  std::string name;
  int leaf = -1;  ///< index of the leaf; -1 for a struct
  std::vector<Node> children;

  const Node* FindChild(std::string_view child) const {
    for (const Node& node : children) {
      if (node.name == child) return &node;
    }
    return nullptr;
  }
};

const StructField* FindExactField(const DataType& type, std::string_view name) {
  if (type.id() != TypeId::kStruct) return nullptr;
  for (const StructField& field : type.fields()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

/// The field of a leaf column; nullptr if there is none at `path`.
const StructField* FindLeafField(const Schema& schema, const std::vector<std::string>& path) {
  const DataType* type = &schema;
  const StructField* field = nullptr;
  for (const std::string& name : path) {
    field = FindExactField(*type, name);
    if (field == nullptr) return nullptr;
    type = field->type.get();
  }
  return field == nullptr || type->id() == TypeId::kStruct ? nullptr : field;
}

/// Calls `visit(leaf, value)` for each wanted column that `values`, one of the objects nested like
/// the schema, has. Broken JSON in what is not wanted may pass.
template <typename Visit>
Status VisitLeaves(JsonValue& values, const Node& node, const Visit& visit) {
  // A value of another kind says nothing.
  if (!json::ScalarToken(values).starts_with('{')) return Status::Ok();
  size_t missing = node.children.size();
  const auto visit_field = [&](std::string_view key, JsonValue& value) -> Status {
    const Node* child = node.FindChild(key);
    if (child == nullptr) return Status::Ok();
    --missing;
    if (child->leaf < 0) return VisitLeaves(value, *child, visit);
    visit(child->leaf, value);
    return Status::Ok();
  };
  // Files have statistics of many more columns than a predicate names.
  return json::ForEachFieldUntil(values, visit_field, [&] { return missing == 0; });
}

std::optional<int64_t> ReadCount(JsonValue& value) {
  int64_t count = 0;
  if (value.get_int64().get(count) || count < 0) return std::nullopt;
  return count;
}

}  // namespace

struct FileStatsParser::Plan {
  Node root;
  std::vector<Leaf> leaves;

  void Add(const std::vector<std::string>& path, const StructField& field) {
    Node* node = &root;
    for (const std::string& name : path) {
      const auto found = std::find_if(node->children.begin(), node->children.end(),
                                      [&](const Node& child) { return child.name == name; });
      if (found != node->children.end()) {
        node = &*found;
      } else {
        node = &node->children.emplace_back();
        node->name = name;
      }
    }
    if (node->leaf >= 0) return;
    node->leaf = static_cast<int>(leaves.size());
    leaves.push_back({path, MakeBoundType(field)});
  }
};

namespace {

/// Collects what one file's statistics say.
class Collector {
 public:
  explicit Collector(const std::vector<Leaf>& leaves)
      : leaves_(leaves), slots_(leaves.size(), -1) {}

  void Bound(int leaf, JsonValue& value, BoundSide side) {
    Value bound = ReadBound(value, leaves_[static_cast<size_t>(leaf)].type, side);
    if (IsNull(bound)) return;
    ColumnStats& column = Column(leaf);
    (side == BoundSide::kMin ? column.min : column.max) = std::move(bound);
  }
  void NullCount(int leaf, JsonValue& value) {
    if (const auto count = ReadCount(value)) Column(leaf).null_count = count;
  }

  FileStats stats;

 private:
  ColumnStats& Column(int leaf) {
    int& slot = slots_[static_cast<size_t>(leaf)];
    if (slot < 0) {
      slot = static_cast<int>(stats.columns.size());
      stats.columns.emplace_back().path = leaves_[static_cast<size_t>(leaf)].path;
    }
    return stats.columns[static_cast<size_t>(slot)];
  }

  const std::vector<Leaf>& leaves_;
  std::vector<int> slots_;
};

Status ReadStats(simdjson::ondemand::document& document, const Node& root, Collector& out) {
  return json::ForEachField(document, [&](std::string_view key, JsonValue& value) -> Status {
    if (key == "numRecords") {
      out.stats.num_records = ReadCount(value);
    } else if (key == "tightBounds") {
      // Of another kind, it promises nothing.
      if (!json::IsNull(value)) out.stats.tight_bounds = json::ScalarToken(value) == "true";
    } else if (root.children.empty()) {
      return Status::Ok();
    } else if (key == "minValues") {
      return VisitLeaves(value, root, [&](int leaf, JsonValue& bound) {
        out.Bound(leaf, bound, BoundSide::kMin);
      });
    } else if (key == "maxValues") {
      return VisitLeaves(value, root, [&](int leaf, JsonValue& bound) {
        out.Bound(leaf, bound, BoundSide::kMax);
      });
    } else if (key == "nullCount") {
      return VisitLeaves(value, root,
                         [&](int leaf, JsonValue& count) { out.NullCount(leaf, count); });
    }
    return Status::Ok();
  });
}

bool IsAbsent(std::string_view json) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const size_t begin = json.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return true;
  return json.substr(begin, json.find_last_not_of(kSpaces) - begin + 1) == "null";
}

}  // namespace

const ColumnStats* FileStats::Find(const std::vector<std::string>& path) const {
  for (const ColumnStats& column : columns) {
    if (column.path == path) return &column;
  }
  return nullptr;
}

FileStatsParser::FileStatsParser(const Schema& physical_schema,
                                 const std::vector<std::vector<std::string>>& wanted) {
  auto plan = std::make_unique<Plan>();
  for (const auto& path : wanted) {
    if (const StructField* field = FindLeafField(physical_schema, path)) plan->Add(path, *field);
  }
  plan_ = std::move(plan);
}

FileStatsParser::~FileStatsParser() = default;
FileStatsParser::FileStatsParser(FileStatsParser&&) noexcept = default;
FileStatsParser& FileStatsParser::operator=(FileStatsParser&&) noexcept = default;

Result<FileStats> FileStatsParser::Parse(std::string_view json) const {
  if (IsAbsent(json)) return FileStats();
  Collector out(plan_->leaves);
  json::ParserLease lease;
  auto document = lease.Start(json);
  Status status = document.status();
  if (status.ok()) status = ReadStats(*document, plan_->root, out);
  if (status.ok()) status = json::CheckEnd(*document);
  if (!status.ok()) return status.WithContext("file statistics");
  return std::move(out.stats);
}

FileStats FileStatsParser::ParseHint(std::string_view json) const {
  auto stats = Parse(json);
  return stats.ok() ? *std::move(stats) : FileStats();
}

FileStats ParseStatsHint(std::string_view json, const Schema& physical_schema,
                         const std::vector<std::vector<std::string>>& wanted) {
  return FileStatsParser(physical_schema, wanted).ParseHint(json);
}

Result<FileStats> ParseFileStats(std::string_view json, const Schema& physical_schema,
                                 const std::vector<std::vector<std::string>>& wanted) {
  return FileStatsParser(physical_schema, wanted).Parse(json);
}

}  // namespace deltaic
