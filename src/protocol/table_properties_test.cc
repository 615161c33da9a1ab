#include "protocol/table_properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/column_path.h"
#include "protocol/interval.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::IsOkAndHolds;
using ::deltaic::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

TEST(ParseInterval, SumsItsParts) {
  const std::pair<const char*, int64_t> cases[] = {
      {"interval 30 days", 30 * kDay},
      {"30 days", 30 * kDay},
      {"1 day", kDay},
      {"  INTERVAL  1   Week ", 7 * kDay},
      {"interval 2 weeks 3 days 4 hours 5 minutes 6 seconds 7 milliseconds 8000 microseconds",
       17 * kDay + 4 * kHour + 5 * 60'000 + 6'000 + 7 + 8},
      {"1.5 seconds", 1500},
      {".25 second", 250},
      {"1.000999999 seconds", 1000},
      {"1 day -12 hours", kDay / 2},
      {"1 day - 12 hours", kDay / 2},
      {"+1 hour", kHour},
      {"1 day 1 day", 2 * kDay},
      {"0 days", 0},
      {"999 microseconds", 0},
      {"interval\t1\nday", kDay},
  };
  for (const auto& [text, millis] : cases) {
    EXPECT_THAT(ParseInterval(text), IsOkAndHolds(millis)) << text;
  }
}

TEST(ParseInterval, RefusesTheRest) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "empty"},
      {"interval", "unit"},
      {"interval ", "unit"},
      {"30", "unit"},
      {"30days", "unit"},
      {"days", "unit"},
      {"days 30", "unit"},
      {"30 fortnights", "unit"},
      {"30 nanoseconds", "unit"},
      {"30 dayss", "unit"},
      {"1 month", "months and years"},
      {"2 years", "months and years"},
      {"1 day 1 month", "months and years"},
      {"1.5 days", "only seconds"},
      {"1.0000000001 seconds", "nine digits"},
      {"-1 day", "negative"},
      {"- day", "unit"},
      {"-- 1 day", "unit"},
      {"1x days", "number"},
      {". seconds", "number"},
      {"99999999999999999999 days", "too large"},
      {"9223372036854775807 weeks", "too long"},
      {"P30D", "unit"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(ParseInterval(text), StatusIs(StatusCode::kInvalidArgument, HasSubstr(why)))
        << text;
  }
}

TEST(ParseInterval, ManyHugePartsDoNotOverflow) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "9223372036854775807 weeks ";
  EXPECT_THAT(ParseInterval(text), StatusIs(StatusCode::kInvalidArgument, HasSubstr("too long")));
  std::string cancelled = text;
  for (int i = 0; i < 1000; ++i) cancelled += "-9223372036854775807 weeks ";
  EXPECT_THAT(ParseInterval(cancelled), IsOkAndHolds(0));
}

TEST(ParseColumnPath, SplitsAtDotsOutsideBackticks) {
  EXPECT_THAT(ParseColumnPath("a"), IsOkAndHolds(ElementsAre("a")));
  EXPECT_THAT(ParseColumnPath("a.b.c"), IsOkAndHolds(ElementsAre("a", "b", "c")));
  EXPECT_THAT(ParseColumnPath("`a.b`.c"), IsOkAndHolds(ElementsAre("a.b", "c")));
  EXPECT_THAT(ParseColumnPath("a.`x``y,`"), IsOkAndHolds(ElementsAre("a", "x`y,")));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "`a", "``", "`a`b", "a`b`", "a,b", "`a``"}) {
    EXPECT_THAT(ParseColumnPath(bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(ParseTableProperties, DefaultsWhereNothingIsSet) {
  const TableProperties properties = ParseTableProperties({{"unknown", "x"}, {"delta.x", "y"}});
  EXPECT_FALSE(properties.append_only);
  EXPECT_EQ(properties.checkpoint_interval, 10);
  EXPECT_TRUE(properties.checkpoint_write_stats_as_json);
  EXPECT_FALSE(properties.checkpoint_write_stats_as_struct);
  EXPECT_EQ(properties.column_mapping_mode, ColumnMappingMode::kNone);
  EXPECT_EQ(properties.data_skipping_num_indexed_cols, 32);
  EXPECT_EQ(properties.deleted_file_retention_ms, 7 * kDay);
  EXPECT_EQ(properties.log_retention_ms, 30 * kDay);
  EXPECT_EQ(properties.isolation_level, IsolationLevel::kSerializable);
  EXPECT_EQ(properties.set_transaction_retention_ms, std::nullopt);
  EXPECT_EQ(properties.parquet_compression_codec, "");
}

TEST(ParseTableProperties, ReadsEveryProperty) {
  const TableProperties properties =
      ParseTableProperties({{"delta.appendOnly", "TRUE"},
                            {"delta.checkpointInterval", "3"},
                            {"delta.checkpoint.writeStatsAsJson", "false"},
                            {"delta.checkpoint.writeStatsAsStruct", "true"},
                            {"delta.columnMapping.mode", "Name"},
                            {"delta.dataSkippingNumIndexedCols", "-1"},
                            {"delta.dataSkippingStatsColumns", "a, b.c,`x,y`.z"},
                            {"delta.deletedFileRetentionDuration", "interval 1 hour"},
                            {"delta.enableChangeDataFeed", "true"},
                            {"delta.enableDeletionVectors", "true"},
                            {"delta.enableExpiredLogCleanup", "false"},
                            {"delta.enableInCommitTimestamps", "true"},
                            {"delta.inCommitTimestampEnablementVersion", "4"},
                            {"delta.inCommitTimestampEnablementTimestamp", "1700000000000"},
                            {"delta.enableRowTracking", "true"},
                            {"delta.isolationLevel", "WriteSerializable"},
                            {"delta.logRetentionDuration", "2 days"},
                            {"delta.setTransactionRetentionDuration", "interval 1 days"},
                            {"delta.targetFileSize", "100mb"},
                            {"delta.parquet.compression.codec", "ZSTD"}});
  EXPECT_TRUE(properties.append_only);
  EXPECT_EQ(properties.checkpoint_interval, 3);
  EXPECT_FALSE(properties.checkpoint_write_stats_as_json);
  EXPECT_TRUE(properties.checkpoint_write_stats_as_struct);
  EXPECT_EQ(properties.column_mapping_mode, ColumnMappingMode::kName);
  EXPECT_EQ(properties.data_skipping_num_indexed_cols, -1);
  EXPECT_THAT(properties.data_skipping_stats_columns, Optional(ElementsAre("a", "b.c", "`x,y`.z")));
  EXPECT_EQ(properties.deleted_file_retention_ms, kHour);
  EXPECT_TRUE(properties.enable_change_data_feed);
  EXPECT_TRUE(properties.enable_deletion_vectors);
  EXPECT_FALSE(properties.enable_expired_log_cleanup);
  EXPECT_TRUE(properties.enable_in_commit_timestamps);
  EXPECT_EQ(properties.in_commit_timestamp_enablement_version, 4);
  EXPECT_EQ(properties.in_commit_timestamp_enablement_timestamp, 1700000000000);
  EXPECT_TRUE(properties.enable_row_tracking);
  EXPECT_EQ(properties.isolation_level, IsolationLevel::kWriteSerializable);
  EXPECT_EQ(properties.log_retention_ms, 2 * kDay);
  EXPECT_EQ(properties.set_transaction_retention_ms, kDay);
  EXPECT_EQ(properties.target_file_size_bytes, 100LL * 1024 * 1024);
  EXPECT_EQ(properties.parquet_compression_codec, "zstd");
}

TEST(ParseTableProperties, ValuesThatDoNotParseFallToTheDefault) {
  const TableProperties properties =
      ParseTableProperties({{"delta.appendOnly", "yes"},
                            {"delta.checkpointInterval", "0"},
                            {"delta.columnMapping.mode", "names"},
                            {"delta.dataSkippingNumIndexedCols", "99999999999"},
                            {"delta.dataSkippingStatsColumns", "a,,b"},
                            {"delta.deletedFileRetentionDuration", "1 month"},
                            {"delta.isolationLevel", ""},
                            {"delta.targetFileSize", "9999999999999999999gb"},
                            {"delta.parquet.compression.codec", "rar"}});
  EXPECT_FALSE(properties.append_only);
  EXPECT_EQ(properties.checkpoint_interval, 10);
  EXPECT_EQ(properties.column_mapping_mode, ColumnMappingMode::kNone);
  EXPECT_EQ(properties.data_skipping_num_indexed_cols, 32);
  EXPECT_EQ(properties.data_skipping_stats_columns, std::nullopt);
  EXPECT_EQ(properties.deleted_file_retention_ms, 7 * kDay);
  EXPECT_EQ(properties.isolation_level, IsolationLevel::kSerializable);
  EXPECT_EQ(properties.target_file_size_bytes, std::nullopt);
  EXPECT_EQ(properties.parquet_compression_codec, "");
}

TEST(ParseTableProperties, OlderNameOfChangeDataFeedGivesWay) {
  EXPECT_TRUE(
      ParseTableProperties({{"delta.enableChangeDataCapture", "true"}}).enable_change_data_feed);
  EXPECT_FALSE(ParseTableProperties({{"delta.enableChangeDataCapture", "true"},
                                     {"delta.enableChangeDataFeed", "false"}})
                   .enable_change_data_feed);
}

TEST(ParseTableProperties, ByteSizes) {
  const std::pair<const char*, std::optional<int64_t>> cases[] = {
      {"1", 1},           {"33554432", 33554432},
      {"1b", 1},          {"2k", 2048},
      {"2KB", 2048},      {"1 mb", 1 << 20},
      {"1g", 1 << 30},    {"1tb", 1LL << 40},
      {"7pb", 7LL << 50}, {"0", std::nullopt},
      {"", {}},           {"mb", {}},
      {"1x", {}},         {"1kbb", {}},
      {"1bb", {}},        {"-1", {}},
      {"1.5g", {}},       {"9007199254740992k", {}},
  };
  for (const auto& [text, bytes] : cases) {
    EXPECT_EQ(ParseTableProperties({{"delta.targetFileSize", text}}).target_file_size_bytes, bytes)
        << text;
  }
}

TEST(ValidateTableProperty, TakesGoodValuesAndFreeKeys) {
  const std::pair<const char*, const char*> cases[] = {
      {"my.key", "anything"},
      {"Delta.x", "not ours, the prefix is in lower case"},
      {"delta.constraints.positive", "a > 0"},
      {"delta.feature.deletionVectors", "supported"},
      {"delta.minReaderVersion", "3"},
      {"delta.minWriterVersion", "7"},
      {"delta.appendOnly", "true"},
      {"delta.checkpointInterval", "1"},
      {"delta.checkpointPolicy", "v2"},
      {"delta.columnMapping.mode", "id"},
      {"delta.columnMapping.maxColumnId", "12"},
      {"delta.dataSkippingNumIndexedCols", "-1"},
      {"delta.dataSkippingStatsColumns", "a,`b c`.d"},
      {"delta.logRetentionDuration", "interval 1 week"},
      {"delta.isolationLevel", "Serializable"},
      {"delta.autoOptimize.autoCompact", "auto"},
      {"delta.parquet.compression.codec", "snappy"},
      {"delta.parquet.format.version", "2.12.0"},
      {"delta.targetFileSize", "128mb"},
  };
  for (const auto& [key, value] : cases) EXPECT_THAT(ValidateTableProperty(key, value), IsOk());
}

TEST(ValidateTableProperty, RefusesUnknownKeysAndBadValues) {
  struct Case {
    const char* key;
    const char* value;
    const char* message;
  };
  const Case cases[] = {
      {"delta.unheardOf", "1", "is not known"},
      {"delta.", "1", "is not known"},
      {"delta.appendonly", "true", "did you mean delta.appendOnly?"},
      {"delta.feature.deletionVectors", "no", "must be supported"},
      {"delta.minReaderVersion", "4", "from 1 to 3"},
      {"delta.minWriterVersion", "0", "from 1 to 7"},
      {"delta.appendOnly", "yes", "delta.appendOnly is 'yes', must be true or false"},
      {"delta.checkpointInterval", "0", "above 0"},
      {"delta.checkpointInterval", "ten", "above 0"},
      {"delta.checkpointPolicy", "v3", "classic or v2"},
      {"delta.columnMapping.mode", "names", "none, name or id"},
      {"delta.dataSkippingNumIndexedCols", "-2", "-1 for all"},
      {"delta.dataSkippingStatsColumns", "a,,b", "backticks"},
      {"delta.logRetentionDuration", "1 month", "no months or years"},
      {"delta.isolationLevel", "SnapshotIsolation", "Serializable or WriteSerializable"},
      {"delta.parquet.compression.codec", "brotli", "zstd"},
      {"delta.parquet.format.version", "2.x.y", "2.MINOR.PATCH"},
      {"delta.parquet.format.version", "3.0.0", "2.MINOR.PATCH"},
      {"delta.targetFileSize", "big", "size in bytes"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(ValidateTableProperty(c.key, c.value),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(c.message)));
  }
}

}  // namespace
}  // namespace deltaic
