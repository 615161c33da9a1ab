#include "table/stats_columns.h"

#include <arrow/api.h>

#include <algorithm>
#include <map>

#include "data/type_mapping.h"
#include "data/value_builder.h"
#include "protocol/partition_value.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

bool HasBounds(const DataType& type) {
  // The protocol's statistics give bounds for these; binary and boolean minima are left out by most
  // writers.
  return type.is_primitive() && type.id() != TypeId::kBinary && type.id() != TypeId::kVoid &&
         type.id() != TypeId::kVariant;
}

/// The schema with the names that statistics use.
SchemaPtr PhysicalSchema(const Schema& schema) {
  std::vector<StructField> fields;
  for (const StructField& field : schema.fields()) {
    StructField physical = field;
    physical.name = field.physical_name();
    if (field.type->id() == TypeId::kStruct) physical.type = PhysicalSchema(*field.type);
    fields.push_back(std::move(physical));
  }
  return DataType::Struct(std::move(fields));
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

}  // namespace

void StatsColumns::Columns::Append(std::shared_ptr<arrow::Field> field,
                                   std::shared_ptr<arrow::Array> array) {
  fields.push_back(std::move(field));
  arrays.push_back(std::move(array));
}

void StatsColumns::AddLeaves(const Schema& schema, bool top_level,
                             const std::vector<std::string>& names,
                             const std::vector<std::string>& physical_names) {
  for (const StructField& field : schema.fields()) {
    const auto is_partition = [&](const PartitionColumn& column) {
      return column.name == field.name;
    };
    if (top_level && std::any_of(partitions_.begin(), partitions_.end(), is_partition)) continue;
    auto path = Extended(names, field.name);
    auto physical = Extended(physical_names, mapped_ ? field.physical_name() : field.name);
    if (field.type->id() == TypeId::kStruct) {
      AddLeaves(*field.type, false, path, physical);
    } else {
      leaves_.push_back(
          Leaf{std::move(path), std::move(physical), field.type, HasBounds(*field.type)});
    }
  }
}

Result<std::shared_ptr<const StatsColumns>> StatsColumns::Make(const Snapshot& snapshot,
                                                               bool flat) {
  std::shared_ptr<StatsColumns> out(new StatsColumns);
  const Schema& schema = *snapshot.schema();
  out->flat_ = flat;
  out->mapped_ = snapshot.column_mapping() != ColumnMappingMode::kNone;
  for (const std::string& name : snapshot.metadata().partition_columns) {
    const StructField* field = schema.FindField(name);
    if (field == nullptr)
      return Status::Corruption("partition column ", name, " is not in the table's schema");
    out->partitions_.push_back(
        {field->name, out->mapped_ ? field->physical_name() : field->name, field->type});
  }
  out->AddLeaves(schema, true, {}, {});
  std::vector<std::vector<std::string>> wanted;
  for (const Leaf& leaf : out->leaves_) wanted.push_back(leaf.physical_names);
  out->parser_.emplace(*(out->mapped_ ? PhysicalSchema(schema) : snapshot.schema()), wanted);
  DELTAIC_ASSIGN_OR_RETURN(Columns columns, out->AllColumns(nullptr));
  out->schema_ = arrow::schema(std::move(columns.fields));
  return std::shared_ptr<const StatsColumns>(std::move(out));
}

Result<StatsColumns::ParsedStats> StatsColumns::ParseStats(const arrow::RecordBatch& adds) const {
  const auto& texts = static_cast<const arrow::StringArray&>(*adds.GetColumnByName("stats"));
  const auto& paths = static_cast<const arrow::StringArray&>(*adds.GetColumnByName("path"));
  ParsedStats out;
  out.files.reserve(texts.length());
  out.columns.resize(texts.length() * leaves_.size());
  for (int64_t row = 0; row < texts.length(); ++row) {
    const std::string_view text = texts.IsNull(row) ? std::string_view() : texts.GetView(row);
    auto parsed = parser_->Parse(text);
    if (!parsed.ok())
      return parsed.status().WithContext(Concat("statistics of ", paths.GetView(row)));
    const FileStats& file = out.files.emplace_back(*std::move(parsed));
    // Most writers keep the schema's order, so that the next column is the next leaf.
    size_t leaf = 0;
    for (const ColumnStats& column : file.columns) {
      for (size_t tries = 0; tries < leaves_.size(); ++tries, leaf = (leaf + 1) % leaves_.size()) {
        if (leaves_[leaf].physical_names != column.path) continue;
        out.columns[row * leaves_.size() + leaf] = &column;
        break;
      }
    }
  }
  return out;
}

Result<StatsColumns::Columns> StatsColumns::LeafColumns(Kind kind, const ParsedStats* stats) const {
  static const DataTypePtr kLong = DataType::Primitive(TypeId::kLong);
  Columns out;
  for (size_t l = 0; l < leaves_.size(); ++l) {
    const Leaf& leaf = leaves_[l];
    if (!Has(leaf, kind)) continue;
    const DataTypePtr& type = kind == Kind::kNullCount ? kLong : leaf.type;
    DELTAIC_ASSIGN_OR_RETURN(auto builder, MakeValueBuilder(*type));
    auto field = arrow::field(leaf.names.back(), builder->type());
    if (stats == nullptr) {
      out.Append(std::move(field), nullptr);
      continue;
    }
    DELTAIC_RETURN_IF_ERROR(builder->Reserve(static_cast<int64_t>(stats->files.size())));
    for (size_t at = l; at < stats->columns.size(); at += leaves_.size()) {
      const ColumnStats* column = stats->columns[at];
      if (column == nullptr) {
        DELTAIC_RETURN_IF_ERROR(builder->AppendNull());
      } else if (kind == Kind::kNullCount) {
        const Value count = column->null_count ? Value(*column->null_count) : Value();
        DELTAIC_RETURN_IF_ERROR(AppendValue(*builder, *type, count));
      } else {
        const Value& bound = kind == Kind::kMin ? column->min : column->max;
        DELTAIC_RETURN_IF_ERROR(AppendValue(*builder, *type, bound));
      }
    }
    DELTAIC_ASSIGN_OR_RETURN(auto array, builder->Finish());
    out.Append(std::move(field), std::move(array));
  }
  return out;
}

Status StatsColumns::AppendStats(Kind kind, const ParsedStats* stats, Columns* out) const {
  const std::string prefix = kind == Kind::kNullCount ? "null_count"
                             : kind == Kind::kMin     ? "min"
                                                      : "max";
  DELTAIC_ASSIGN_OR_RETURN(Columns columns, LeafColumns(kind, stats));
  std::vector<Node> nodes;
  size_t next = 0;
  for (const Leaf& leaf : leaves_) {
    if (!Has(leaf, kind)) continue;
    const auto& field = columns.fields[next];
    const auto& array = columns.arrays[next++];
    if (flat_) {
      out->Append(field->WithName(prefix + "." + Join(leaf.names)), array);
    } else {
      Insert(nodes, leaf.names, 0, Node{.name = leaf.names.back(), .field = field, .array = array});
    }
  }
  if (flat_ || nodes.empty()) return Status::Ok();
  const int64_t num_rows = stats == nullptr ? 0 : static_cast<int64_t>(stats->files.size());
  DELTAIC_ASSIGN_OR_RETURN(Node all, ToStruct(prefix, nodes, stats != nullptr, num_rows));
  out->Append(std::move(all.field), std::move(all.array));
  return Status::Ok();
}

Result<StatsColumns::Columns> StatsColumns::PartitionArrays(const arrow::RecordBatch* adds) const {
  Columns out;
  for (const PartitionColumn& column : partitions_) {
    DELTAIC_ASSIGN_OR_RETURN(auto builder, MakeValueBuilder(*column.type));
    auto field = arrow::field(column.name, builder->type());
    if (adds == nullptr) {
      out.Append(std::move(field), nullptr);
      continue;
    }
    const auto& maps =
        static_cast<const arrow::MapArray&>(*adds->GetColumnByName("partitionValues"));
    const auto& keys = static_cast<const arrow::StringArray&>(*maps.keys());
    const auto& values = static_cast<const arrow::StringArray&>(*maps.items());
    for (int64_t row = 0; row < maps.length(); ++row) {
      std::optional<std::string> text;
      for (int64_t i = maps.value_offset(row); i < maps.value_offset(row + 1); ++i) {
        if (keys.GetView(i) == column.physical_name && !values.IsNull(i))
          text = values.GetString(i);
      }
      DELTAIC_ASSIGN_OR_RETURN(const Value value, ParsePartitionValue(text, *column.type));
      DELTAIC_RETURN_IF_ERROR(AppendValue(*builder, *column.type, value));
    }
    DELTAIC_ASSIGN_OR_RETURN(auto array, builder->Finish());
    out.Append(std::move(field), std::move(array));
  }
  return out;
}

Status StatsColumns::AppendPartitions(const arrow::RecordBatch* adds, Columns* out) const {
  DELTAIC_ASSIGN_OR_RETURN(Columns columns, PartitionArrays(adds));
  if (partitions_.empty()) return Status::Ok();
  if (!flat_) {
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
  ParsedStats stats;
  arrow::Int64Builder num_records;
  if (adds != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(stats, ParseStats(*adds));
    for (const FileStats& file : stats.files) {
      DELTAIC_RETURN_IF_ERROR(file.num_records ? num_records.Append(*file.num_records)
                                               : num_records.AppendNull());
    }
  }
  const auto column = [&](const char* name) {
    return adds == nullptr ? nullptr : adds->GetColumnByName(name);
  };
  Columns out;
  out.Append(arrow::field("path", arrow::utf8(), false), column("path"));
  out.Append(arrow::field("size_bytes", arrow::int64(), false), column("size"));
  out.Append(arrow::field("modification_time", arrow::int64(), false), column("modificationTime"));
  DELTAIC_ASSIGN_OR_RETURN(auto record_counts, num_records.Finish());
  out.Append(arrow::field("num_records", arrow::int64()), std::move(record_counts));
  const auto* parsed = adds == nullptr ? nullptr : &stats;
  for (const Kind kind : {Kind::kNullCount, Kind::kMin, Kind::kMax}) {
    DELTAIC_RETURN_IF_ERROR(AppendStats(kind, parsed, &out));
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
