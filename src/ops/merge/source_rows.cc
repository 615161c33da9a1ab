#include "ops/merge/source_rows.h"

#include <arrow/array.h>
#include <arrow/array/builder_base.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <unistd.h>

#include <limits>
#include <vector>

#include "data/values/type_mapping.h"
#include "data/write/pending_rows.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Rows are numbered by 32 bits.
constexpr int64_t kMaxRows = std::numeric_limits<int32_t>::max() - 1;

int64_t QuarterOfMemory() {
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  const int64_t page_bytes = sysconf(_SC_PAGE_SIZE);
  constexpr int64_t kUnknown = int64_t{1} << 30;
  return pages > 0 && page_bytes > 0 ? pages * page_bytes / 4 : kUnknown;
}

std::shared_ptr<arrow::Schema> AllNullable(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) fields.push_back(field->WithNullable(true));
  return arrow::schema(std::move(fields));
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> ReadSourceRows(arrow::RecordBatchReader& source,
                                                           const Schema& schema, int64_t max_bytes,
                                                           const CancellationToken& cancel) {
  const int64_t limit = max_bytes > 0 ? max_bytes : QuarterOfMemory();
  DELTAIC_ASSIGN_OR_RETURN(const auto exact, ToArrowSchema(schema));
  const auto target = AllNullable(*exact);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t bytes = 0;
  int64_t rows = 0;
  while (true) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, source.Next());
    if (batch == nullptr) break;
    if (batch->num_rows() == 0) continue;
    DELTAIC_ASSIGN_OR_RETURN(auto plain, ConformBatch(batch, target));
    bytes += BatchBytes(*plain);
    rows += plain->num_rows();
    if (bytes > limit || rows > kMaxRows) {
      return Status::InvalidArgument(
          "the source of the merge has more than ", rows > kMaxRows ? kMaxRows : limit,
          rows > kMaxRows ? " rows" : " bytes",
          ", and is held in memory; merge it in parts, or raise max_source_bytes");
    }
    batches.push_back(std::move(plain));
  }
  if (batches.empty()) {
    arrow::ArrayVector columns;
    for (const auto& field : target->fields()) {
      DELTAIC_ASSIGN_OR_RETURN(auto column, arrow::MakeEmptyArray(field->type()));
      columns.push_back(std::move(column));
    }
    return arrow::RecordBatch::Make(target, 0, std::move(columns));
  }
  if (batches.size() == 1) return batches.front();
  auto joined = arrow::ConcatenateRecordBatches(batches);
  if (!joined.ok()) {
    return AsStatus(joined.status())
        .WithContext("the source of the merge does not fit into one batch; merge it in parts");
  }
  return *std::move(joined);
}

}  // namespace deltaic
