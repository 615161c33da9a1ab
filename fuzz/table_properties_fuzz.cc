// Table properties, intervals and column lists: lines of key=value. Settings stay in their ranges
// whatever a table says, and what may be set is what is understood.

#include "fuzz.h"
#include "protocol/column_path.h"
#include "protocol/interval.h"
#include "protocol/table_properties.h"

using namespace deltaic;

namespace {

void CheckInterval(std::string_view text) {
  const auto interval = ParseInterval(text);
  FUZZ_CHECK(interval.ok() == ValidateTableProperty("delta.logRetentionDuration", text).ok());
  if (!interval.ok()) return;
  FUZZ_CHECK(*interval >= 0);
  const auto again = ParseInterval(Concat("interval ", *interval, " milliseconds"));
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK(*again == *interval);
}

void CheckColumns(std::string_view text) {
  const auto columns = SplitColumnList(text);
  if (!columns.ok()) return;
  for (const std::string& column : *columns) {
    const auto path = ParseColumnPath(column);
    FUZZ_CHECK_OK(path);
    FUZZ_CHECK(!path->empty());
    for (const std::string& name : *path) FUZZ_CHECK(!name.empty());
  }
}

void CheckRanges(const TableProperties& properties) {
  FUZZ_CHECK(properties.checkpoint_interval >= 1);
  FUZZ_CHECK(properties.data_skipping_num_indexed_cols >= -1);
  FUZZ_CHECK(properties.deleted_file_retention_ms >= 0);
  FUZZ_CHECK(properties.log_retention_ms >= 0);
  FUZZ_CHECK(properties.set_transaction_retention_ms.value_or(0) >= 0);
  FUZZ_CHECK(properties.target_file_size_bytes.value_or(1) >= 1);
  FUZZ_CHECK(properties.in_commit_timestamp_enablement_version.value_or(0) >= 0);
  FUZZ_CHECK(properties.in_commit_timestamp_enablement_timestamp.value_or(0) >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = fuzz::AsText(data, size);
  StringMap configuration;
  while (!rest.empty()) {
    std::string_view value = fuzz::TakeUntil(rest, '\n');
    const std::string_view key = fuzz::TakeUntil(value, '=');
    const Status valid = ValidateTableProperty(key, value);
    FUZZ_CHECK(valid.ok() || valid.code() == StatusCode::kInvalidArgument);
    CheckInterval(value);
    CheckColumns(value);
    configuration.insert_or_assign(std::string(key), std::string(value));
  }
  CheckRanges(ParseTableProperties(configuration));
  return 0;
}
