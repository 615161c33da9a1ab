#include "data/checkpoint/checkpoint_encoder.h"

#include <arrow/api.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/column_writer.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <utility>

#include "base/made_once.h"
#include "data/parquet/leaf_levels.h"
#include "data/parquet/parquet_exception.h"
#include "storage/arrow_status.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

/// Rows handed to the leaves at once.
constexpr int64_t kMaxBatchRows = 16 * 1024;

/// Fewer are encoded before another thread is up.
constexpr int64_t kRowsWorthAThread = 1024;
constexpr int kMostThreads = 4;

/// kMaxBatchRows levels of one kind.
template <int16_t level>
const int16_t* Levels() {
  return MadeOnce([] { return std::vector<int16_t>(kMaxBatchRows, level); }).data();
}

// Definition levels of members of the nullable structs.
constexpr int16_t kNoRow = 0, kNullMember = 1, kMember = 2;

template <typename PhysicalType>
void WriteNullsAs(parquet::ColumnWriter& column, int64_t count, const int16_t* levels) {
  static_cast<parquet::TypedColumnWriter<PhysicalType>&>(column).WriteBatch(count, levels,
                                                                            Levels<0>(), nullptr);
}

Status WriteNulls(parquet::ColumnWriter& column, int64_t count, const int16_t* levels) {
  switch (column.type()) {
    case parquet::Type::BOOLEAN:
      WriteNullsAs<parquet::BooleanType>(column, count, levels);
      return Status();
    case parquet::Type::INT32:
      WriteNullsAs<parquet::Int32Type>(column, count, levels);
      return Status();
    case parquet::Type::INT64:
      WriteNullsAs<parquet::Int64Type>(column, count, levels);
      return Status();
    case parquet::Type::FLOAT:
      WriteNullsAs<parquet::FloatType>(column, count, levels);
      return Status();
    case parquet::Type::DOUBLE:
      WriteNullsAs<parquet::DoubleType>(column, count, levels);
      return Status();
    case parquet::Type::BYTE_ARRAY:
      WriteNullsAs<parquet::ByteArrayType>(column, count, levels);
      return Status();
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      WriteNullsAs<parquet::FLBAType>(column, count, levels);
      return Status();
    default:
      return Status::Internal("a checkpoint has no column of ",
                              parquet::TypeToString(column.type()));
  }
}

void CollectPaths(const arrow::DataType& type, std::vector<int>& path,
                  std::vector<std::vector<int>>& paths) {
  if (type.num_fields() == 0) {
    paths.push_back(path);
    return;
  }
  // A map's entries are no storey of their own.
  const bool is_map = type.id() == arrow::Type::MAP;
  const arrow::DataType& parent = is_map ? *type.field(0)->type() : type;
  for (int i = 0; i < parent.num_fields(); ++i) {
    path.push_back(i);
    CollectPaths(*parent.field(i)->type(), path, paths);
    path.pop_back();
  }
}

/// What encoding the member costs, by estimate.
int64_t Weight(const arrow::Array& member) {
  if (member.null_count() == member.length()) return 0;
  if (member.type_id() != arrow::Type::STRING) return member.length() * 8;
  return static_cast<const arrow::StringArray&>(member).total_values_length();
}

}  // namespace

/// A thread may be at each.
struct CheckpointEncoder::Leaf {
  std::vector<int> path;  ///< positions from the schema down; of lists and maps as in LeafLevels
  std::unique_ptr<parquet::ArrowWriteContext> context;
  LeafLevels levels;
};

CheckpointEncoder::CheckpointEncoder(std::shared_ptr<arrow::Schema> schema, int64_t rows_per_group)
    : schema_(std::move(schema)), rows_per_group_(rows_per_group) {}
CheckpointEncoder::~CheckpointEncoder() = default;

Result<std::unique_ptr<CheckpointEncoder>> CheckpointEncoder::Open(
    std::shared_ptr<arrow::io::OutputStream> out, std::shared_ptr<arrow::Schema> schema,
    std::shared_ptr<parquet::WriterProperties> properties, int64_t rows_per_group) {
  std::unique_ptr<CheckpointEncoder> encoder(new CheckpointEncoder(schema, rows_per_group));
  const auto arrow_properties = parquet::default_arrow_writer_properties();
  std::vector<std::vector<int>> paths;
  std::vector<int> path;
  CollectPaths(*arrow::struct_(schema->fields()), path, paths);
  for (std::vector<int>& leaf : paths) {
    encoder->leaves_.push_back({std::move(leaf),
                                std::make_unique<parquet::ArrowWriteContext>(
                                    arrow::default_memory_pool(), arrow_properties.get()),
                                {}});
  }
  std::shared_ptr<parquet::SchemaDescriptor> descriptor;
  DELTAIC_RETURN_IF_ERROR(
      parquet::arrow::ToParquetSchema(schema.get(), *properties, *arrow_properties, &descriptor));
  DELTAIC_RETURN_IF_ERROR(CatchWriting([&] {
    encoder->writer_ = parquet::ParquetFileWriter::Open(
        std::move(out),
        std::static_pointer_cast<parquet::schema::GroupNode>(descriptor->schema_root()),
        std::move(properties));
    return Status();
  }));
  return encoder;
}

Status CheckpointEncoder::Write(int column, const arrow::Array& rows) {
  for (int64_t begin = 0; begin < rows.length();) {
    if (row_group_ == nullptr || rows_in_group_ == rows_per_group_) {
      DELTAIC_RETURN_IF_ERROR(CatchWriting([&] {
        row_group_ = writer_->AppendBufferedRowGroup();
        return Status();
      }));
      rows_in_group_ = 0;
    }
    const int64_t count =
        std::min({kMaxBatchRows, rows.length() - begin, rows_per_group_ - rows_in_group_});
    DELTAIC_RETURN_IF_ERROR(WriteBatch(column, rows.Slice(begin, count)));
    rows_in_group_ += count;
    begin += count;
  }
  return Status();
}

Status CheckpointEncoder::WriteBatch(int column, const std::shared_ptr<arrow::Array>& rows) {
  // Large leaves first, so that no thread is left with one at the end.
  std::vector<int64_t> weights(leaves_.size());
  for (size_t i = 0; i < leaves_.size(); ++i) {
    if (leaves_[i].path[0] != column) continue;
    weights[i] = Weight(*static_cast<const arrow::StructArray&>(*rows).field(leaves_[i].path[1]));
  }
  std::vector<size_t> order(leaves_.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return weights[a] > weights[b]; });

  const int num_threads =
      rows->length() < kRowsWorthAThread ? 1 : std::min(DefaultThreads(kNearStore), kMostThreads);
  return ParallelFor(static_cast<int64_t>(order.size()), num_threads, [&](int64_t i) {
    return CatchWriting([&] { return WriteLeaf(order[static_cast<size_t>(i)], column, rows); });
  });
}

Status CheckpointEncoder::WriteLeaf(size_t index, int column,
                                    const std::shared_ptr<arrow::Array>& rows) {
  Leaf& leaf = leaves_[index];
  parquet::ColumnWriter& writer = *row_group_->column(static_cast<int>(index));
  if (leaf.path[0] != column) return WriteNulls(writer, rows->length(), Levels<kNoRow>());
  const arrow::Field& field = *schema_->field(column);
  if (rows->null_count() == 0) {
    const auto member = static_cast<const arrow::StructArray&>(*rows).field(leaf.path[1]);
    if (member->null_count() == member->length()) {
      return WriteNulls(writer, rows->length(), Levels<kNullMember>());
    }
    if (leaf.path.size() == 2 && member->null_count() == 0) {
      return AsStatus(writer.WriteArrow(Levels<kMember>(), nullptr, member->length(), *member,
                                        leaf.context.get(), true));
    }
  }
  LeafLevels& levels = leaf.levels;
  DELTAIC_RETURN_IF_ERROR(BuildLeafLevels(rows, field, std::span(leaf.path).subspan(1), levels));
  const Status status = AsStatus(writer.WriteArrow(
      levels.definition.data(), levels.repetition.empty() ? nullptr : levels.repetition.data(),
      levels.num_levels, *levels.values, leaf.context.get(), levels.nullable));
  levels.values.reset();
  levels.values_or_nulls.reset();
  return status;
}

Status CheckpointEncoder::Close() {
  return CatchWriting([&] {
    writer_->Close();
    return Status();
  });
}

}  // namespace deltaic
