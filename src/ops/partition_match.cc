#include "ops/partition_match.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "data/eval/row_filter.h"
#include "data/values/constant_column.h"
#include "protocol/partition_value.h"

namespace deltaic {

bool NamesPartitionsOnly(const Expr& predicate, const std::vector<std::string>& partition_columns) {
  return std::ranges::all_of(ReferencedColumns(predicate), [&](const auto& path) {
    return path.size() == 1 &&
           std::ranges::find(partition_columns, path.front()) != partition_columns.end();
  });
}

Result<bool> PartitionMatch::Matches(const PartitionValues& values) {
  const auto known = known_.find(values);
  if (known != known_.end()) return known->second;
  DELTAIC_ASSIGN_OR_RETURN(const bool matches, Evaluate(values));
  known_.emplace(values, matches);
  return matches;
}

Result<bool> PartitionMatch::Evaluate(const PartitionValues& values) const {
  const bool mapped = snapshot_.column_mapping() != ColumnMappingMode::kNone;
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const std::string& name : snapshot_.metadata().partition_columns) {
    const StructField* field = snapshot_.schema()->FindField(name);
    if (field == nullptr)
      return Status::Corruption("partition column ", name, " is not in the table's schema");
    const std::string key = mapped ? field->physical_name() : field->name;
    const auto entry =
        std::ranges::find_if(values, [&](const auto& value) { return value.first == key; });
    if (entry == values.end())
      return Status::Corruption("the log gives no value for partition column ", name);
    auto value = ParsePartitionValue(entry->second, *field->type);
    if (!value.ok()) return value.status().WithContext(Concat("partition column ", name));
    DELTAIC_ASSIGN_OR_RETURN(auto column,
                             MakeConstantArray(*value, *field->type, /*dictionary=*/false, 1));
    fields.push_back(arrow::field(field->name, column->type()));
    columns.push_back(std::move(column));
  }
  const auto row =
      arrow::RecordBatch::Make(arrow::schema(std::move(fields)), 1, std::move(columns));
  DELTAIC_ASSIGN_OR_RETURN(const auto outcome, EvaluatePredicate(*predicate_, *row));
  return outcome->IsValid(0) && outcome->Value(0);
}

}  // namespace deltaic
