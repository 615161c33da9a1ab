#include "data/read/bloom_pruning.h"

#include <arrow/io/interfaces.h>
#include <arrow/type.h>
#include <parquet/bloom_filter.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace deltaic {
namespace {

/// Larger ones cost more than they could save.
constexpr int64_t kMaxFilterBytes = 8 << 20;

/// A column that must have one of some values.
struct Membership {
  const Expr* column;
  std::span<const ExprPtr> values;  ///< literals
};

bool AllLiterals(std::span<const ExprPtr> args) {
  return std::all_of(args.begin(), args.end(),
                     [](const ExprPtr& arg) { return arg->kind() == ExprKind::kLiteral; });
}

std::optional<Membership> AsMembership(const Expr& condition) {
  if (condition.kind() != ExprKind::kCall) return std::nullopt;
  const std::span<const ExprPtr> args(condition.args());
  const bool equal = condition.function() == Function::kEqual;
  if (!equal && condition.function() != Function::kIn) return std::nullopt;
  if (args[0]->kind() == ExprKind::kColumn && AllLiterals(args.subspan(1)))
    return Membership{args[0].get(), args.subspan(1)};
  if (equal && args[1]->kind() == ExprKind::kColumn && AllLiterals(args.first(1)))
    return Membership{args[1].get(), args.first(1)};
  return std::nullopt;
}

/// How the file's filter hashes a value of a column that Arrow gives as `type`; nullopt where it
/// has no such value, or where that is not known and `*known` becomes false.
std::optional<uint64_t> HashOf(const parquet::BloomFilter& filter, const Value& value,
                               const arrow::DataType& type, bool* known) {
  const auto* number = std::get_if<int64_t>(&value);
  const auto* text = std::get_if<std::string>(&value);
  switch (type.id()) {
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      if (number == nullptr) break;
      if (*number < std::numeric_limits<int32_t>::min() ||
          *number > std::numeric_limits<int32_t>::max()) {
        return std::nullopt;
      }
      return filter.Hash(static_cast<int32_t>(*number));
    case arrow::Type::INT64:
      if (number != nullptr) return filter.Hash(*number);
      break;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      if (text != nullptr) return filter.Hash(std::string_view(*text));
      break;
    default:
      break;
  }
  *known = false;
  return std::nullopt;
}

bool MayHaveOneOf(const parquet::BloomFilter& filter, const Membership& wanted,
                  const arrow::DataType& type) {
  for (const ExprPtr& literal : wanted.values) {
    if (IsNull(literal->value())) continue;  // equal to nothing
    bool known = true;
    const std::optional<uint64_t> hash = HashOf(filter, literal->value(), type, &known);
    if (!known || (hash && filter.FindHash(*hash))) return true;
  }
  return false;
}

/// The column of the file that `wanted` names, where its filter is one to ask.
const ProjectedColumn* FindFiltered(const ReadPlan& plan,
                                    const std::vector<ProjectedColumn>& projected,
                                    const parquet::RowGroupMetaData& row_group,
                                    const Membership& wanted) {
  if (wanted.column->path().size() != 1) return nullptr;
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    if (plan.columns[i].metadata || plan.columns[i].field.name != wanted.column->path().front())
      continue;
    const ProjectedColumn& column = projected[i];
    if (column.root == ColumnSource::kMissing || column.source.leaf == ColumnSource::kMissing)
      return nullptr;
    // A date that the table widens to a timestamp is stored as days.
    const TypeId type = plan.columns[i].field.type->id();
    const bool days = column.file_type->id() == arrow::Type::DATE32;
    if (days != (type == TypeId::kDate) || type == TypeId::kTimestamp ||
        type == TypeId::kTimestampNtz) {
      return nullptr;
    }
    if (column.source.calendar != Calendar::kGregorian) return nullptr;
    const bool has_filter =
        row_group.ColumnChunk(column.source.leaf)->bloom_filter_offset().has_value();
    return has_filter ? &column : nullptr;
  }
  return nullptr;
}

std::optional<parquet::BlockSplitBloomFilter> ReadFilter(
    const ParquetInput& input, const parquet::ColumnChunkMetaData& chunk) {
  const std::optional<int64_t> offset = chunk.bloom_filter_offset();
  const auto file_bytes = input.file->GetSize();
  if (!offset || *offset < 0 || !file_bytes.ok() || *offset >= *file_bytes) return std::nullopt;
  const std::optional<int64_t> length = chunk.bloom_filter_length();
  if (length && (*length <= 0 || *length > kMaxFilterBytes)) return std::nullopt;
  const int64_t most = std::min(*file_bytes - *offset, length.value_or(kMaxFilterBytes));
  const auto stream = arrow::io::RandomAccessFile::GetStream(input.file, *offset, most);
  if (!stream.ok()) return std::nullopt;
  return parquet::BlockSplitBloomFilter::Deserialize(parquet::default_reader_properties(),
                                                     stream->get(), length);
}

}  // namespace

bool BloomFiltersMayMatch(const ReadPlan& plan, const std::vector<ProjectedColumn>& projected,
                          const ParquetInput& input, int row_group) {
  try {
    const auto metadata = input.metadata->RowGroup(row_group);
    for (const ExprPtr& condition : SplitConjunction(plan.spec->predicate)) {
      const std::optional<Membership> wanted = AsMembership(*condition);
      if (!wanted) continue;
      const ProjectedColumn* column = FindFiltered(plan, projected, *metadata, *wanted);
      if (column == nullptr) continue;
      const auto filter = ReadFilter(input, *metadata->ColumnChunk(column->source.leaf));
      if (filter && !MayHaveOneOf(*filter, *wanted, *column->file_type)) return false;
    }
  } catch (const std::exception&) {
    return true;
  }
  return true;
}

}  // namespace deltaic
