#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log_sink.h"
#include "base/status.h"
#include "ingest/loop/format_flags.h"
#include "ingest/loop/options.h"

namespace CLI {
class App;
}

namespace deltaic::ingest {

/// The command line and environment of `deltaic ingest`: kafka-delta-ingest's names, each with '-'
/// for '_' too, and ours.
class IngestFlags {
 public:
  void AddTo(CLI::App& app);
  /// \retval kInvalidArgument  flags that do not go together, or a value that cannot be read.
  Result<IngestOptions> Finish();
  /// After Finish().
  const ProcessOptions& process() const { return process_; }

 private:
  // ingest_flag_list.cc: by groups of --help.
  void AddKafka(CLI::App& app);
  void AddStart(CLI::App& app);
  void AddWhen(CLI::App& app);
  void AddRows(CLI::App& app);
  void AddChanges(CLI::App& app);
  void AddTable(CLI::App& app);
  void AddBadMessages(CLI::App& app);
  void AddOperation(CLI::App& app);

  Status ReadSeekOffsets();
  Status ReadStart();
  Status ReadSettings();
  Status ReadChoices();
  Status ReadSchema();
  Status ReadChanges();
  Status ReadEnvironment();
  Status ReadProcess();

  IngestOptions options_;
  ProcessOptions process_;
  std::string seek_offsets_, start_, reset_ = "earliest", evolution_ = "ignore", on_error_;
  std::string data_loss_ = "fail", memory_limit_ = "512MiB", schema_, log_level_;
  std::string config_;
  std::string log_format_ = "text", live_ = "auto", kafka_auth_;
  double compact_interval_s_ = 0;
  FormatFlags format_;
  std::string mode_ = "append", on_truncate_ = "fail", on_missing_value_ = "fail";
  double allowed_latency_s_ = 300, topic_timeout_s_ = 10;
  int64_t messages_per_batch_ = 0;
  bool checkpoints_ = false;
  std::vector<std::string> settings_, properties_, storage_options_;
};

}  // namespace deltaic::ingest
