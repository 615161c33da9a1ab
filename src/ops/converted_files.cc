#include "ops/converted_files.h"

#include <utility>

#include "base/percent_encoding.h"
#include "ops/operation_parameters.h"
#include "table/transaction.h"

namespace deltaic {

Result<ConvertResult> CommitConverted(const std::shared_ptr<Table>& table,
                                      const ConvertOptions& options, TableDefinition definition,
                                      const Schema& physical_schema,
                                      std::vector<ConvertedFile> files, ConvertResult result) {
  CommitSpec spec = options.commit;
  spec.operation = "CONVERT";
  spec.cancel = options.cancel;
  spec.parameters = {{"numFiles", std::to_string(files.size())},
                     {"partitionedBy", JsonListAsText(definition.metadata.partition_columns)},
                     {"collectStats", options.collect_stats ? "true" : "false"}};
  if (result.source_format != "parquet") {
    spec.parameters.emplace_back("sourceFormat", JsonText(result.source_format));
  }
  spec.metrics = {{"numConvertedFiles", std::to_string(files.size())}};
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table, nullptr));
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(definition.protocol)));
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(definition.metadata)));
  for (ConvertedFile& file : files) {
    ++result.num_files;
    result.num_bytes += file.object.size_bytes;
    result.num_rows += file.stats.num_records.value_or(0);
    DELTAIC_RETURN_IF_ERROR(
        transaction.Stage(Add{.path = PercentEncodePath(file.object.path),
                              .partition_values = std::move(file.partition_values),
                              .size = file.object.size_bytes,
                              .modification_time = file.object.last_modified.value,
                              .data_change = true,
                              .stats = FormatFileStats(file.stats, physical_schema)}));
  }
  for (const Txn& txn : options.transactions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(txn));
  DELTAIC_ASSIGN_OR_RETURN(CommitResult committed, std::move(transaction).Commit(spec));
  result.snapshot = std::move(committed.snapshot);
  return result;
}

}  // namespace deltaic
