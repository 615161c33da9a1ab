#include "table/parsed_columns.h"

#include <arrow/api.h>
#include <arrow/buffer_builder.h>

#include <string_view>
#include <utility>

#include "protocol/file_stats.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Members of `stats_parsed`, and the columns of StatsColumns that they are.
constexpr std::pair<const char*, const char*> kMembers[] = {{"numRecords", "num_records"},
                                                            {"minValues", "min"},
                                                            {"maxValues", "max"},
                                                            {"nullCount", "null_count"}};

Result<std::shared_ptr<arrow::Array>> TightBounds(const arrow::StringArray& stats,
                                                  const Schema& schema) {
  arrow::BooleanBuilder out;
  DELTAIC_RETURN_IF_ERROR(out.Reserve(stats.length()));
  for (int64_t row = 0; row < stats.length(); ++row) {
    // Only files with deletion vectors need it.
    if (stats.IsNull(row) || stats.GetView(row).find("tightBounds") == std::string_view::npos) {
      out.UnsafeAppendNull();
      continue;
    }
    out.UnsafeAppend(ParseStatsHint(stats.GetView(row), schema, {}).tight_bounds);
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, out.Finish());
  return array;
}

}  // namespace

Result<std::shared_ptr<const ParsedColumns>> ParsedColumns::Make(const Snapshot& snapshot) {
  std::shared_ptr<ParsedColumns> out(new ParsedColumns);
  out->schema_ = snapshot.schema();
  DELTAIC_ASSIGN_OR_RETURN(out->columns_,
                           StatsColumns::Make(snapshot, StatsColumns::Form::kPhysical));
  const arrow::Schema& columns = *out->columns_->schema();
  arrow::FieldVector members;
  for (const auto& [name, column] : kMembers) {
    const std::shared_ptr<arrow::Field> field = columns.GetFieldByName(column);
    if (field != nullptr) members.push_back(arrow::field(name, field->type()));
  }
  members.push_back(arrow::field("tightBounds", arrow::boolean()));
  out->fields_.push_back(arrow::field("stats_parsed", arrow::struct_(std::move(members))));
  if (const auto partition = columns.GetFieldByName("partition")) {
    out->fields_.push_back(arrow::field("partitionValues_parsed", partition->type()));
  }
  return std::shared_ptr<const ParsedColumns>(std::move(out));
}

Result<std::shared_ptr<arrow::Array>> ParsedColumns::Stats(
    const arrow::RecordBatch& adds, const arrow::RecordBatch& columns) const {
  const auto& texts = static_cast<const arrow::StringArray&>(*adds.GetColumnByName("stats"));
  arrow::ArrayVector members;
  for (const auto& [name, column] : kMembers) {
    if (auto member = columns.GetColumnByName(column)) members.push_back(std::move(member));
  }
  DELTAIC_ASSIGN_OR_RETURN(members.emplace_back(), TightBounds(texts, *schema_));
  arrow::TypedBufferBuilder<bool> valid;
  DELTAIC_RETURN_IF_ERROR(valid.Reserve(texts.length()));
  for (int64_t row = 0; row < texts.length(); ++row) valid.UnsafeAppend(texts.IsValid(row));
  DELTAIC_ASSIGN_OR_RETURN(auto validity, valid.Finish());
  return std::shared_ptr<arrow::Array>(std::make_shared<arrow::StructArray>(
      fields_[0]->type(), texts.length(), std::move(members), std::move(validity)));
}

Result<std::shared_ptr<arrow::RecordBatch>> ParsedColumns::AppendTo(
    const arrow::RecordBatch& adds) const {
  DELTAIC_ASSIGN_OR_RETURN(const auto columns, columns_->Convert(adds));
  arrow::FieldVector fields = adds.schema()->fields();
  arrow::ArrayVector arrays = adds.columns();
  fields.insert(fields.end(), fields_.begin(), fields_.end());
  DELTAIC_ASSIGN_OR_RETURN(arrays.emplace_back(), Stats(adds, *columns));
  if (auto partition = columns->GetColumnByName("partition"))
    arrays.push_back(std::move(partition));
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), adds.num_rows(),
                                  std::move(arrays));
}

}  // namespace deltaic
