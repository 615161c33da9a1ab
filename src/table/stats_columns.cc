#include "table/stats_columns.h"

#include <arrow/api.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "data/values/type_mapping.h"
#include "data/values/value_arrays.h"
#include "protocol/partition_value.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

bool HasBounds(const DataType& type) {
  // The protocol's statistics give bounds for these.
  return type.is_primitive() && type.id() != TypeId::kBinary && type.id() != TypeId::kBoolean &&
         type.id() != TypeId::kVoid && type.id() != TypeId::kVariant;
}

std::string Join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ".") + name;
  return out;
}

std::vector<std::string> Extended(std::vector<std::string> names, const std::string& name) {
  names.push_back(name);
  return names;
}

/// Leaf columns by the first name of their path, then the next: the shape of nested statistics.
struct Node {
  std::string name;
  std::shared_ptr<arrow::Field> field;  ///< of a leaf
  std::shared_ptr<arrow::Array> array;  ///< of a leaf, where rows are at hand
  std::vector<Node> children;
};

void Insert(std::vector<Node>& nodes, const std::vector<std::string>& path, size_t depth,
            Node leaf) {
  if (depth + 1 == path.size()) {
    nodes.push_back(std::move(leaf));
    return;
  }
  // Leaves come in schema order, so that members of one struct are neighbours.
  if (nodes.empty() || nodes.back().name != path[depth] || nodes.back().children.empty()) {
    nodes.push_back(Node{.name = path[depth]});
  }
  Insert(nodes.back().children, path, depth + 1, std::move(leaf));
}

Result<Node> ToStruct(std::string name, const std::vector<Node>& children, bool with_rows,
                      int64_t num_rows) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const Node& child : children) {
    Node column = child;
    if (!child.children.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(column, ToStruct(child.name, child.children, with_rows, num_rows));
    }
    fields.push_back(column.field);
    arrays.push_back(column.array);
  }
  Node out{.name = name, .field = arrow::field(name, arrow::struct_(fields))};
  if (with_rows) {
    out.array =
        std::make_shared<arrow::StructArray>(out.field->type(), num_rows, std::move(arrays));
  }
  return out;
}

/// The value of `key` in each map, parsed.
Result<std::shared_ptr<arrow::Array>> PartitionArray(const arrow::MapArray& maps,
                                                     const std::string& key, const DataType& type) {
  const auto& keys = static_cast<const arrow::StringArray&>(*maps.keys());
  const auto& texts = static_cast<const arrow::StringArray&>(*maps.items());
  std::vector<Value> values;
  values.reserve(maps.length());
  // Many files share a partition.
  std::unordered_map<std::string_view, Value> known;
  for (int64_t row = 0; row < maps.length(); ++row) {
    std::optional<std::string_view> text;
    for (int64_t i = maps.value_offset(row); i < maps.value_offset(row + 1); ++i) {
      if (keys.GetView(i) == key && !texts.IsNull(i)) text = texts.GetView(i);
    }
    if (!text) {
      values.emplace_back();
      continue;
    }
    auto found = known.find(*text);
    if (found == known.end()) {
      DELTAIC_ASSIGN_OR_RETURN(Value value, ParsePartitionValue(std::string(*text), type));
      found = known.emplace(*text, std::move(value)).first;
    }
    values.push_back(found->second);
  }
  return ArrayFromValues(values, type);
}

}  // namespace

void StatsColumns::Columns::Append(std::shared_ptr<arrow::Field> field,
                                   std::shared_ptr<arrow::Array> array) {
  fields.push_back(std::move(field));
  arrays.push_back(std::move(array));
}

void StatsColumns::AddLeaves(const Schema& schema, const std::vector<std::string>& names,
                             const std::vector<std::string>& physical_names,
                             std::vector<StatsLeaf>& leaves) {
  for (const StructField& field : schema.fields()) {
    const auto is_partition = [&](const PartitionColumn& column) {
      return column.name == field.name;
    };
    if (names.empty() && std::any_of(partitions_.begin(), partitions_.end(), is_partition))
      continue;
    auto path = Extended(names, field.name);
    auto physical = Extended(physical_names, mapped_ ? field.physical_name() : field.name);
    if (field.type->id() == TypeId::kStruct) {
      AddLeaves(*field.type, path, physical, leaves);
    } else {
      names_.push_back(form_ == Form::kPhysical ? physical : std::move(path));
      leaves.push_back({std::move(physical), field, HasBounds(*field.type)});
    }
  }
}

Result<std::shared_ptr<const StatsColumns>> StatsColumns::Make(const Snapshot& snapshot,
                                                               Form form) {
  std::shared_ptr<StatsColumns> out(new StatsColumns);
  const Schema& schema = *snapshot.schema();
  out->form_ = form;
  out->mapped_ = snapshot.column_mapping() != ColumnMappingMode::kNone;
  for (const std::string& name : snapshot.metadata().partition_columns) {
    const StructField* field = schema.FindField(name);
    if (field == nullptr)
      return Status::Corruption("partition column ", name, " is not in the table's schema");
    const std::string physical_name = out->mapped_ ? field->physical_name() : field->name;
    out->partitions_.push_back({field->name, physical_name,
                                form == Form::kPhysical ? physical_name : field->name,
                                field->type});
  }
  std::vector<StatsLeaf> leaves;
  out->AddLeaves(schema, {}, {}, leaves);
  out->reader_.emplace(*(out->mapped_ ? PhysicalSchema(schema) : snapshot.schema()),
                       std::move(leaves));
  DELTAIC_ASSIGN_OR_RETURN(Columns columns, out->AllColumns(nullptr));
  out->schema_ = arrow::schema(std::move(columns.fields));
  return std::shared_ptr<const StatsColumns>(std::move(out));
}

Result<StatsColumns::Columns> StatsColumns::LeafColumns(Part part, const StatsArrays* stats) const {
  Columns out;
  for (size_t l = 0; l < names_.size(); ++l) {
    const StatsLeaf& leaf = reader_->leaves()[l];
    if (!leaf.Has(part)) continue;
    std::shared_ptr<arrow::DataType> type = arrow::int64();
    if (part != Part::kNullCount) {
      DELTAIC_ASSIGN_OR_RETURN(type, ToArrowType(*leaf.field.type));
    }
    out.Append(arrow::field(names_[l].back(), std::move(type)),
               stats == nullptr ? nullptr : stats->part(l, part));
  }
  return out;
}

Status StatsColumns::AppendStats(Part part, const StatsArrays* stats, Columns* out) const {
  const std::string prefix = part == Part::kNullCount ? "null_count"
                             : part == Part::kMin     ? "min"
                                                      : "max";
  DELTAIC_ASSIGN_OR_RETURN(Columns columns, LeafColumns(part, stats));
  std::vector<Node> nodes;
  size_t next = 0;
  for (size_t l = 0; l < names_.size(); ++l) {
    if (!reader_->leaves()[l].Has(part)) continue;
    const std::vector<std::string>& names = names_[l];
    const auto& field = columns.fields[next];
    const auto& array = columns.arrays[next++];
    if (form_ == Form::kFlat) {
      out->Append(field->WithName(prefix + "." + Join(names)), array);
    } else {
      Insert(nodes, names, 0, Node{.name = names.back(), .field = field, .array = array});
    }
  }
  if (form_ == Form::kFlat || nodes.empty()) return Status::Ok();
  const int64_t num_rows = stats == nullptr ? 0 : stats->num_records()->length();
  DELTAIC_ASSIGN_OR_RETURN(Node all, ToStruct(prefix, nodes, stats != nullptr, num_rows));
  out->Append(std::move(all.field), std::move(all.array));
  return Status::Ok();
}

Result<StatsColumns::Columns> StatsColumns::PartitionArrays(const arrow::RecordBatch* adds) const {
  Columns out;
  for (const PartitionColumn& column : partitions_) {
    DELTAIC_ASSIGN_OR_RETURN(auto type, ToArrowType(*column.type));
    std::shared_ptr<arrow::Array> array;
    if (adds != nullptr) {
      const auto& maps =
          static_cast<const arrow::MapArray&>(*adds->GetColumnByName("partitionValues"));
      DELTAIC_ASSIGN_OR_RETURN(array, PartitionArray(maps, column.physical_name, *column.type));
    }
    out.Append(arrow::field(column.shown_name, std::move(type)), std::move(array));
  }
  return out;
}

Status StatsColumns::AppendPartitions(const arrow::RecordBatch* adds, Columns* out) const {
  DELTAIC_ASSIGN_OR_RETURN(Columns columns, PartitionArrays(adds));
  if (partitions_.empty()) return Status::Ok();
  if (form_ != Form::kFlat) {
    auto field = arrow::field("partition", arrow::struct_(columns.fields));
    std::shared_ptr<arrow::Array> array;
    if (adds != nullptr) {
      array = std::make_shared<arrow::StructArray>(field->type(), adds->num_rows(),
                                                   std::move(columns.arrays));
    }
    out->Append(std::move(field), std::move(array));
    return Status::Ok();
  }
  for (size_t i = 0; i < columns.fields.size(); ++i) {
    out->Append(columns.fields[i]->WithName("partition." + columns.fields[i]->name()),
                columns.arrays[i]);
  }
  return Status::Ok();
}

Result<StatsColumns::Columns> StatsColumns::AllColumns(const arrow::RecordBatch* adds) const {
  std::optional<StatsArrays> stats;
  if (adds != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(
        stats,
        reader_->Read(static_cast<const arrow::StringArray&>(*adds->GetColumnByName("stats"))));
  }
  const auto column = [&](const char* name) {
    return adds == nullptr ? nullptr : adds->GetColumnByName(name);
  };
  Columns out;
  out.Append(arrow::field("path", arrow::utf8(), false), column("path"));
  out.Append(arrow::field("size_bytes", arrow::int64(), false), column("size"));
  out.Append(arrow::field("modification_time", arrow::int64(), false), column("modificationTime"));
  out.Append(arrow::field("num_records", arrow::int64()), stats ? stats->num_records() : nullptr);
  for (const Part part : {Part::kNullCount, Part::kMin, Part::kMax}) {
    DELTAIC_RETURN_IF_ERROR(AppendStats(part, stats ? &*stats : nullptr, &out));
  }
  DELTAIC_RETURN_IF_ERROR(AppendPartitions(adds, &out));
  return out;
}

Result<std::shared_ptr<arrow::RecordBatch>> StatsColumns::Convert(
    const arrow::RecordBatch& adds) const {
  DELTAIC_ASSIGN_OR_RETURN(Columns columns, AllColumns(&adds));
  return arrow::RecordBatch::Make(schema_, adds.num_rows(), std::move(columns.arrays));
}

}  // namespace deltaic
