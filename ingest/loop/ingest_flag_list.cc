// The flags of `deltaic ingest`, one by one. Keys of its files are their long names.

#include <CLI/CLI.hpp>

#include "ingest/loop/ingest_flags.h"

namespace deltaic::ingest {

void IngestFlags::AddTo(CLI::App& app) {
  app.get_formatter()->column_width(44);
  IngestOptions& o = options_;
  app.add_option("TOPIC", o.topic, "The topic to read")->required()->envname("KAFKA_TOPIC");
  app.add_option("TABLE", o.table, "Path or URI of the table")
      ->required()
      ->envname("TABLE_LOCATION");
  AddKafka(app);
  AddStart(app);
  AddWhen(app);
  AddRows(app);
  format_.AddTo(app);
  AddChanges(app);
  AddTable(app);
  AddBadMessages(app);
  AddOperation(app);
  app.footer(
      "Example:\n  deltaic ingest clicks /data/clicks -k localhost:9092 -a clicks -l 60 "
      "--dlq-table /data/clicks-dlq");
}

void IngestFlags::AddKafka(CLI::App& app) {
  const auto kafka = "Kafka";
  IngestOptions& o = options_;
  app.add_option("-k,--kafka", o.brokers, "Brokers, host:port,...")
      ->envname("KAFKA_BROKERS")
      ->capture_default_str()
      ->group(kafka);
  app.add_option("-g,--consumer-group,--consumer_group", o.group, "Consumer group")
      ->envname("KAFKA_CONSUMER_GROUP")
      ->capture_default_str()
      ->group(kafka);
  app.add_option("-a,--app-id,--app_id", o.app_id,
                 "The name under which the table remembers positions")
      ->envname("APP_ID")
      ->capture_default_str()
      ->group(kafka);
  app.add_option("-K,--kafka-setting,--kafka_setting", settings_,
                 "A setting of librdkafka, KEY=VALUE; repeatable")
      ->envname("KAFKA_SETTINGS")
      ->allow_extra_args(false)
      ->group(kafka);
  app.add_option("--kafka-auth", kafka_auth_,
                 "aws-msk-iam: sign in to Amazon MSK with AWS's usual credentials")
      ->check(CLI::IsMember({"aws-msk-iam"}))
      ->group(kafka);
  app.add_option("--aws-region", o.aws_region, "The region of --kafka-auth [AWS_REGION]")
      ->group(kafka);
  app.add_option("--librdkafka", process_.librdkafka, "The file of librdkafka to load")
      ->group(kafka);
  app.add_option("--topic-timeout", topic_timeout_s_,
                 "Seconds that brokers may not know the topic, as one that was just made")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str()
      ->group(kafka);
}

void IngestFlags::AddStart(CLI::App& app) {
  const auto kafka = "Kafka";
  IngestOptions& o = options_;
  app.add_option("-o,--auto-offset-reset,--auto_offset_reset", reset_,
                 "Where to begin with what the table does not remember")
      ->envname("KAFKA_AUTO_OFFSET_RESET")
      ->check(CLI::IsMember({"earliest", "latest"}))
      ->capture_default_str()
      ->group(kafka);
  app.add_option("--start", start_,
                 "The same: earliest, latest, offset=N or timestamp=2024-01-31T00:00:00Z")
      ->group(kafka);
  app.add_option("--seek-offsets,--seek_offsets", seek_offsets_,
                 "The last offset before the first one to read, by partition: {\"0\":123}")
      ->envname("KAFKA_SEEK_OFFSETS")
      ->group(kafka);
  app.add_option("--on-data-loss", data_loss_, "What to do where Kafka lost unread messages")
      ->check(CLI::IsMember({"fail", "continue"}))
      ->capture_default_str()
      ->group(kafka);
  app.add_flag("-e,--ends-at-latest-offsets,--ends_at_latest_offsets", o.ends_at_latest_offsets,
               "End where the topic ended at the start")
      ->envname("ENDS_AT_LATEST_OFFSETS")
      ->group(kafka);
}

void IngestFlags::AddWhen(CLI::App& app) {
  const auto when = "When to commit";
  IngestOptions& o = options_;
  app.add_option("-l,--allowed-latency,--allowed_latency", allowed_latency_s_,
                 "Seconds a message may wait")
      ->envname("ALLOWED_LATENCY")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(when);
  app.add_option("-b,--min-bytes-per-file,--min_bytes_per_file", o.min_bytes_per_file,
                 "Bytes of files that are committed without waiting")
      ->envname("MIN_BYTES_PER_FILE")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(when);
  app.add_option("--max-rows-per-commit", o.max_rows_per_commit,
                 "Messages that are committed without waiting")
      ->check(CLI::PositiveNumber)
      ->group(when);
  app.add_option("-m,--max-messages-per-batch,--max_messages_per_batch", messages_per_batch_,
                 "Rows that are handed on at once, at most 65536")
      ->envname("MAX_MESSAGES_PER_BATCH")
      ->check(CLI::PositiveNumber)
      ->group(when);
  app.add_flag("-c,--checkpoints", checkpoints_,
               "Taken for compatibility: checkpoints are written as the table's properties say")
      ->envname("WRITE_CHECKPOINTS")
      ->group(when);
  app.add_option("--memory-limit", memory_limit_, "Of all buffers together")
      ->capture_default_str()
      ->group(when);
  app.add_option("--stop-timeout", process_.stop_timeout_s,
                 "Seconds that the last commit may take after SIGTERM; 0: as long as it takes")
      ->check(CLI::Range(0U, 86'400U))
      ->capture_default_str()
      ->group(when);
}

void IngestFlags::AddRows(CLI::App& app) {
  const auto rows = "Rows";
  IngestOptions& o = options_;
  app.add_option("-t,--transform", o.transforms, "PROPERTY: SOURCE; repeatable")
      ->envname("TRANSFORMS")
      ->allow_extra_args(false)
      ->group(rows);
  app.add_option("--filter", o.filter, "Leave out messages of which this JMESPath is not true")
      ->group(rows);
  app.add_option("--evolution", evolution_, "Fields that the table has no column for")
      ->check(CLI::IsMember({"ignore", "strict", "merge", "rescue", "fail"}))
      ->capture_default_str()
      ->group(rows);
  app.add_flag("--decompress-gzip,--decompress_gzip", o.decompress_gzip, "Payloads may be gzip")
      ->envname("DECOMPRESS_GZIP")
      ->group(rows);
}

void IngestFlags::AddChanges(CLI::App& app) {
  const auto changes = "Changes";
  IngestOptions& o = options_;
  app.add_option("--mode", mode_,
                 "append; upsert by key; debezium: apply its envelopes; changelog: append them")
      ->check(CLI::IsMember({"append", "upsert", "debezium", "changelog"}))
      ->capture_default_str()
      ->group(changes);
  app.add_option("--key-columns", o.changes.key_columns, "Columns that tell rows apart, a,b")
      ->delimiter(',')
      ->group(changes);
  app.add_option("--sequence-by", o.changes.sequence_by,
                 "Column whose smaller values change nothing; otherwise the order in Kafka counts")
      ->group(changes);
  app.add_option("--on-truncate", on_truncate_, "What to do where the source table was truncated")
      ->check(CLI::IsMember({"fail", "ignore"}))
      ->capture_default_str()
      ->group(changes);
  app.add_option("--on-missing-value", on_missing_value_,
                 "What to do where Debezium tells a new row without a large value")
      ->check(CLI::IsMember({"fail", "null"}))
      ->capture_default_str()
      ->group(changes);
}

void IngestFlags::AddTable(CLI::App& app) {
  const auto table = "Table";
  IngestOptions& o = options_;
  app.add_option("--schema", schema_,
                 "Columns of a new table, 'id long, at timestamp', or the file of a Delta schema")
      ->group(table);
  app.add_option("--partition-by", o.partition_by, "Partition columns of a new table, a,b")
      ->delimiter(',')
      ->group(table);
  app.add_option("--property", properties_, "A property of a new table, KEY=VALUE; repeatable")
      ->allow_extra_args(false)
      ->group(table);
  app.add_option("--compression", o.compression, "snappy, zstd, gzip, lz4_raw, brotli or none")
      ->group(table);
  app.add_option("--storage-option", storage_options_,
                 "A setting of the storage, KEY=VALUE; repeatable")
      ->allow_extra_args(false)
      ->group(table);
}

void IngestFlags::AddBadMessages(CLI::App& app) {
  const auto bad = "Bad messages";
  IngestOptions& o = options_;
  app.add_option(
         "--on-error", on_error_,
         "dead-letter, skip or fail; dead-letter where there is a place for them, else skip")
      ->check(CLI::IsMember({"dead-letter", "skip", "fail"}))
      ->group(bad);
  app.add_option("--dlq-table-location,--dlq_table_location,--dlq-table", o.dlq_table,
                 "The table for dead letters")
      ->envname("DLQ_TABLE_LOCATION")
      ->group(bad);
  app.add_option("--dlq-topic", o.dlq_topic, "The topic for dead letters")->group(bad);
  app.add_option("--dlq-transform,--dlq_transform", o.dlq_transforms,
                 "A transform of dead letters; repeatable")
      ->envname("DLQ_TRANSFORMS")
      ->allow_extra_args(false)
      ->group(bad);
  app.add_option("--max-failure-percent", o.max_failure_percent,
                 "End where more of the last --failure-window messages fail")
      ->check(CLI::Range(0, 100))
      ->capture_default_str()
      ->group(bad);
  app.add_option("--failure-window", o.failure_window, "Messages that are looked at together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(bad);
}

void IngestFlags::AddOperation(CLI::App& app) {
  const auto other = "Operation";
  app.add_option("-s,--statsd-endpoint,--statsd_endpoint", process_.statsd,
                 "Where statsd listens, host:port")
      ->envname("STATSD_ENDPOINT")
      ->group(other);
  app.add_option("--metrics-listen", process_.metrics_listen,
                 "Serve /metrics, /healthz and /readyz at HOST:PORT")
      ->group(other);
  app.add_option("--compact-interval", compact_interval_s_,
                 "Put small files of the table together every so many seconds")
      ->check(CLI::NonNegativeNumber)
      ->group(other);
  app.add_option("--config", config_, "A TOML file with routes: topics and their tables")
      ->group(other);
  app.add_option("--live", live_,
                 "Show rates, lag and buffers: auto (on a terminal), always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str()
      ->group(other);
  app.add_option("--log-format", log_format_, "text or json, a line each")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->group(other);
  app.add_flag("--check", process_.check_only, "Check broker, topic, table and flags, and end")
      ->group(other);
  app.add_option("--log-level", log_level_, "debug, info, warning or error [info]")
      ->envname("RUST_LOG")
      ->group(other);
}

}  // namespace deltaic::ingest
