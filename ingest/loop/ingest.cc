#include "ingest/loop/ingest.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "base/log_sink.h"
#include "ingest/commit/positions.h"
#include "ingest/commit/table_writer.h"
#include "ingest/dead_letter/dead_letter_table.h"
#include "ingest/dead_letter/dead_letter_topic.h"
#include "ingest/upsert/upsert_writer.h"
#include "storage/arrow_status.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

/// librdkafka waits as long as this for as many messages as it was asked for, which the last ones
/// of a topic never are.
constexpr int kLongestWaitMs = 100;
constexpr int kLongestWaitOfBoundedRunMs = 10;

}  // namespace

Ingest::Ingest(IngestOptions options, const KafkaApi& api, const std::atomic<bool>* stop,
               CommitCrew* crew)
    : options_(std::move(options)), stop_(stop), api_(api), crew_(crew) {}
Ingest::~Ingest() {
  if (flight_ != nullptr && flight_->underway != nullptr) flight_->underway->Wait();
}

Status Ingest::Open(KafkaSource* source, std::vector<int32_t> known_partitions,
                    MemoryShare memory) {
  source_ = source;
  known_partitions_ = std::move(known_partitions);
  memory_ = memory;
  DELTAIC_ASSIGN_OR_RETURN(Transforms transforms,
                           Transforms::Make(options_.transforms, options_.filter));
  DELTAIC_ASSIGN_OR_RETURN(auto format, OpenFormat(options_.format));
  auto keys = options_.format.has_registry ? format : JsonFormat();
  decoding_ = {.format = std::move(format),
               .transforms = std::make_shared<const Transforms>(std::move(transforms)),
               .decompress_gzip = options_.decompress_gzip,
               .evolution = options_.evolution,
               .changes = options_.changes,
               .keys = std::move(keys)};
  DELTAIC_ASSIGN_OR_RETURN(table_, Table::At(options_.table, options_.storage));
  kept_ = std::make_unique<MessageBatch>(&api_);
  return OpenTable();
}

Status Ingest::OpenTable() {
  DELTAIC_ASSIGN_OR_RETURN(const bool exists, table_->Exists());
  if (!exists) return Status();
  DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, table_->Load());
  // It refuses tables that this build must not write.
  DELTAIC_RETURN_IF_ERROR(Transaction::Start(table_, snapshot).status());
  TableWriterOptions writer{.add_columns = options_.evolution == Evolution::kMerge ||
                                           options_.evolution == Evolution::kRescue,
                            .query_id = options_.app_id};
  writer.files.max_memory_bytes = memory_.files_bytes;
  writer.files.compression = options_.compression;
  if (options_.changes.by_key()) {
    auto upserts = std::make_unique<UpsertWriter>(table_, std::move(snapshot), std::move(writer),
                                                  options_.changes);
    DELTAIC_RETURN_IF_ERROR(upserts->Check());
    writer_ = std::move(upserts);
  } else {
    writer_ = std::make_unique<TableWriter>(table_, std::move(snapshot), std::move(writer));
  }
  last_commit_ = Clock::now();
  return RebuildRows();
}

Status Ingest::Begin() {
  if (!options_.dlq_table.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(
        dead_letters_,
        OpenDeadLetterTable(api_, {options_.dlq_table, options_.topic, options_.app_id,
                                   options_.storage, options_.dlq_transforms}));
  }
  if (!options_.dlq_topic.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(
        dead_letters_,
        OpenDeadLetterTopic(api_, {options_.brokers, options_.topic, options_.dlq_topic,
                                   options_.app_id, options_.kafka_settings, source_->tokens()}));
  }
  if (writer_) {
    DELTAIC_RETURN_IF_ERROR(PersistStarts());
  } else if (!options_.schema.empty()) {
    DELTAIC_RETURN_IF_ERROR(CreateFrom(nullptr));
  }
  if (options_.ends_at_latest_offsets) {
    for (const int32_t partition : known_partitions_) {
      DELTAIC_ASSIGN_OR_RETURN(const auto range, source_->Watermarks(partition));
      ends_[partition] = range.second;
    }
  }
  return Status();
}

Result<bool> Ingest::End() {
  if (!writer_ && sampled_ > 0) DELTAIC_RETURN_IF_ERROR(AfterError(CreateFromSample()));
  DELTAIC_RETURN_IF_ERROR(FlushOrGoBack());
  return !must_restart_;
}

Status Ingest::Take(MessageBatch batch) {
  DELTAIC_RETURN_IF_ERROR(std::exchange(failure_, Status()));
  // What came was read for positions that are gone.
  if (must_restart_ || has_given_up()) return Status();
  const auto ends = batch.ends;
  DELTAIC_RETURN_IF_ERROR(
      AfterError(writer_ ? Handle(std::move(batch)) : Sample(std::move(batch))));
  if (must_restart_) return Status();
  for (const auto& [partition, offset] : ends) {
    const auto end = ends_.find(partition);
    if (end != ends_.end() && offset >= end->second) at_end_[partition] = true;
  }
  return Status();
}

int Ingest::WaitMs() const {
  const int longest = options_.ends_at_latest_offsets ? kLongestWaitOfBoundedRunMs : kLongestWaitMs;
  // The end of a commit is told by itself.
  if (pending_messages_ == 0 || is_committing()) return longest;
  const auto left = oldest_ + std::chrono::milliseconds(options_.allowed_latency_ms) - Clock::now();
  const int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<int64_t>(ms, 0, longest));
}

bool Ingest::IsDone() const {
  if (has_given_up()) return true;
  if (!options_.ends_at_latest_offsets || must_restart_ || !failure_.ok()) return false;
  return std::ranges::all_of(partitions_, [&](const auto& entry) {
    const auto end = ends_.find(entry.first);
    return end == ends_.end() || entry.second.next >= end->second || at_end_.contains(entry.first);
  });
}

bool Ingest::MustFlush() const {
  if (!writer_ || must_restart_ || has_given_up() || is_committing()) return false;
  if (pending_messages_ == 0) {
    // A table that forgets positions after a while is reminded of them.
    const auto kept = writer_->snapshot()->properties().set_transaction_retention_ms;
    return kept && !Positions().empty() &&
           Clock::now() - last_commit_ > std::chrono::milliseconds(*kept / 4);
  }
  if (Clock::now() - oldest_ >= std::chrono::milliseconds(options_.allowed_latency_ms)) return true;
  if (options_.max_rows_per_commit > 0 && pending_messages_ >= options_.max_rows_per_commit) {
    return true;
  }
  return static_cast<double>(pending_bytes_) * bytes_ratio_ >=
         static_cast<double>(options_.min_bytes_per_file);
}

int64_t Ingest::HeldBytes() const {
  int64_t out = static_cast<int64_t>(arena_.capacity());
  if (rows_ != nullptr) out += rows_->num_bytes();
  if (writer_) out += writer_->memory_bytes();
  if (writer_ && writer_->checks_rows()) out += batch_bytes_;  // their messages are kept
  return out;
}

Status Ingest::HandOn() { return must_restart_ || !writer_ ? Status() : AfterError(Deliver()); }

void Ingest::GiveUp(const Status& why) {
  static_cast<void>(Land(/*wait=*/true));
  Forget();
  given_up_ = why;
  metrics_.state = RouteState::kFailed;
  source_->Pause(Assigned());
}

/// When the oldest message came that is not committed; 0: there is none.
int64_t Ingest::OldestMs() const {
  if (pending_messages_ == 0 && !is_committing()) return 0;
  const Clock::time_point oldest = is_committing() ? flight_->oldest : oldest_;
  return NowMs() -
         std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - oldest).count();
}

void Ingest::Observe(int64_t rebalances, bool all) {
  metrics_.last_poll_ms = NowMs();
  metrics_.rebalances = rebalances;
  // One that is given no partition stands by: that is as it should be.
  RouteState starting = RouteState::kStarting;
  if (rebalances > 0) metrics_.state.compare_exchange_strong(starting, RouteState::kRunning);
  if (!all) return;
  metrics_.buffered_bytes = HeldBytes();
  metrics_.buffered_rows =
      (rows_ == nullptr ? 0 : rows_->num_rows()) + (writer_ ? writer_->rows_pending() : 0);
  metrics_.oldest_ms = OldestMs();
  std::map<int32_t, PartitionProgress> progress;
  for (const auto& [number, partition] : partitions_) {
    if (partition.is_known) progress[number] = {partition.next, source_->KnownEnd(number)};
  }
  metrics_.SetPartitions(std::move(progress));
}

Status Ingest::Handle(MessageBatch batch) {
  // Payloads go side by side, so that each has padding after it, and librdkafka's can go.
  size_t size = Decoder::kPadding;
  for (const Message& message : batch.messages) size += message.payload.size();
  arena_.resize(size);
  char* to = arena_.data();
  for (Message& message : batch.messages) {
    if (!message.payload.empty()) std::memcpy(to, message.payload.data(), message.payload.size());
    message.payload = {to, message.payload.size()};
    to += message.payload.size();
  }
  Partition* partition = nullptr;
  int32_t number = -1;
  for (Message& message : batch.messages) {
    if (message.partition != number) {
      number = message.partition;
      const auto found = partitions_.find(number);
      partition = found == partitions_.end() ? nullptr : &found->second;
    }
    if (partition == nullptr || !partition->is_known) continue;
    if (message.offset < partition->next) {
      ++metrics_.seen_before;
      continue;
    }
    bool kept = false;
    DELTAIC_RETURN_IF_ERROR(HandleMessage(message, kept));
    partition->next = message.offset + 1;
    if (pending_messages_++ == 0) oldest_ = Clock::now();
    pending_bytes_ += static_cast<int64_t>(message.payload.size());
    batch_bytes_ += static_cast<int64_t>(message.payload.size());
    if (kept && writer_->checks_rows()) {
      // Its row may be refused later: the dead letter needs all of it. The payload's place in the
      // arena does not last.
      message.payload = {static_cast<const char*>(message.raw->payload), message.raw->len};
      // Of two rows where a key changed: the old one's deletion comes first.
      message_of_row_.resize(static_cast<size_t>(rows_->num_rows()), kept_->messages.size());
      kept_->messages.push_back(message);
      message.raw = nullptr;
    }
    if (rows_->num_rows() >= options_.max_rows_per_batch || batch_bytes_ >= memory_.batch_bytes) {
      DELTAIC_RETURN_IF_ERROR(Deliver());
    }
  }
  return Status();
}

Status Ingest::HandleMessage(const Message& message, bool& kept) {
  ++metrics_.messages;
  metrics_.bytes += static_cast<int64_t>(message.payload.size());
  ++window_messages_;
  const bool deletes = options_.changes.mode == ChangeMode::kUpsert && message.has_key;
  if (message.payload.empty() && !deletes) {  // a tombstone
    ++pending_skipped_;
    return Status();
  }
  std::string_view stage;
  const Result<bool> decoded =
      decoder_->Decode(message.payload, {&api_, &message, options_.topic}, stage);
  if (!decoded.ok()) return Fail(message, stage, decoded.status());
  if (!*decoded) {
    ++pending_skipped_;
    return Status();
  }
  rows_->EndRow();
  kept = true;
  return Status();
}

Status Ingest::Fail(const Message& message, std::string_view stage, const Status& why) {
  const std::string place =
      Concat(options_.topic, " partition ", message.partition, " offset ", message.offset);
  // What the schema registry does is no fault of the message.
  const bool is_fatal = why.code() == StatusCode::kUnsupported ||
                        why.code() == StatusCode::kUnavailable || why.code() == StatusCode::kIo ||
                        why.code() == StatusCode::kPermissionDenied;
  if (options_.on_error == OnError::kFail || is_fatal) return why.WithContext(place);
  ++window_failures_;
  if (window_messages_ >= options_.failure_window) {
    if (window_failures_ * 100 > window_messages_ * options_.max_failure_percent) {
      return Status::SchemaMismatch(window_failures_, " of the last ", window_messages_,
                                    " messages failed, more than --max-failure-percent ",
                                    options_.max_failure_percent, "; the last one: ", place, ": ",
                                    why.message());
    }
    window_messages_ = window_failures_ = 0;
  }
  if (dead_letters_ == nullptr) {
    ++pending_skipped_;
    Log(LogLevel::kWarning, Concat("skipped ", place, ": ", why.message()));
    return Status();
  }
  return dead_letters_->Add(DeadLetter{&message, stage, &why});
}

Status Ingest::Deliver() {
  if (rows_->num_rows() == 0) return Status();
  batch_bytes_ = 0;
  DELTAIC_ASSIGN_OR_RETURN(const auto batch, rows_->Take());
  const auto bad_row = [&](int64_t row, const Status& why) {
    return Fail(kept_->messages[message_of_row_[static_cast<size_t>(row)]], "rules", why);
  };
  const Status written = writer_->Write(batch, bad_row);
  kept_->Clear();
  message_of_row_.clear();
  return written;
}

std::string Ingest::Summary() const {
  return Concat(options_.topic, ": ", metrics_.messages.load(), " messages, ", metrics_.rows.load(),
                " rows, ", metrics_.dead_letters.load(), " dead letters, ", metrics_.skipped.load(),
                " skipped, in ", metrics_.commits.load(), " commits to ", table_->uri());
}

}  // namespace deltaic::ingest
