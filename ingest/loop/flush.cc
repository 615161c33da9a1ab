// Commits of an Ingest.

#include <algorithm>
#include <utility>

#include "base/log_sink.h"
#include "ingest/commit/positions.h"
#include "ingest/loop/ingest.h"
#include "table/clock.h"

namespace deltaic::ingest {

std::map<int32_t, int64_t> Ingest::Positions() const {
  std::map<int32_t, int64_t> out;
  for (const auto& [number, partition] : partitions_) {
    if (partition.next > 0) out[number] = partition.next - 1;
  }
  return out;
}

Status Ingest::BeginFlush() {
  const Status departed = AfterError(Depart());
  if (!departed.ok() || flight_ == nullptr) return departed;
  flight_->underway = crew_->Start([this] { Fly(); });
  return Status();
}

Status Ingest::FlushOrGoBack() {
  DELTAIC_RETURN_IF_ERROR(Land(/*wait=*/true));
  if (!writer_ || must_restart_) return Status();
  if (pending_messages_ == 0 && !MustFlush()) return Status();
  DELTAIC_RETURN_IF_ERROR(AfterError(Depart()));
  if (flight_ == nullptr) return Status();
  Fly();
  return Land(/*wait=*/true);
}

/// Sets what is buffered apart for a commit.
Status Ingest::Depart() {
  DELTAIC_RETURN_IF_ERROR(Deliver());
  if (writer_->snapshot()->schema() != rows_schema_) DELTAIC_RETURN_IF_ERROR(RebuildRows());
  auto flight = std::make_unique<Flight>();
  flight->positions = Positions();
  if (flight->positions.empty()) return Status();
  flight->begun = Clock::now();
  flight->oldest = pending_messages_ > 0 ? oldest_ : flight->begun;
  if (dead_letters_ != nullptr) {
    DELTAIC_RETURN_IF_ERROR(dead_letters_->Depart(flight->positions));
  }
  if (const int64_t done = metrics_.compactions; std::exchange(compactions_seen_, done) != done) {
    writer_->ExpectNewVersion();
  }
  const Status departed =
      writer_->Depart(MakePositions(flight->positions, options_.app_id, NowMs()));
  if (!departed.ok()) {
    if (dead_letters_ != nullptr) static_cast<void>(dead_letters_->Land());
    return departed;
  }
  flight->changes_table =
      writer_->changes_table() || (dead_letters_ != nullptr && dead_letters_->changes_table());
  pending_messages_ = 0;
  flight->bytes = std::exchange(pending_bytes_, 0);
  flight->skipped = std::exchange(pending_skipped_, 0);
  flight_ = std::move(flight);
  metrics_.commits_under_way = 1;
  return Status();
}

/// On any thread.
void Ingest::Fly() {
  // Letters before the rows: those that are there are left out when the rows are read again.
  const Status letters = dead_letters_ == nullptr ? Status() : dead_letters_->Fly();
  if (letters.ok()) static_cast<void>(writer_->Fly());
}

Status Ingest::Land(bool wait) {
  if (flight_ == nullptr) return Status();
  if (flight_->underway != nullptr) {
    if (wait) flight_->underway->Wait();
    if (!flight_->underway->is_over()) return Status();
  }
  const std::unique_ptr<Flight> landed = std::move(flight_);
  metrics_.commits_under_way = 0;
  const Result<int64_t> letters =
      dead_letters_ == nullptr ? Result<int64_t>(0) : dead_letters_->Land();
  const Result<WriterCommit> committed = writer_->Land();
  if (!letters.ok()) return AfterError(letters.status());
  metrics_.dead_letters += *letters;
  if (!committed.ok()) return AfterError(committed.status());
  Count(*landed, *committed);
  last_commit_ = Clock::now();
  failures_in_row_ = 0;
  FollowWithGroup(landed->positions);
  const bool is_changed = writer_->snapshot()->schema() != rows_schema_;
  // Rows that came meanwhile are handed on first, by the next commit.
  return is_changed && rows_->num_rows() == 0 ? AfterError(RebuildRows()) : Status();
}

void Ingest::Count(const Flight& flight, const WriterCommit& committed) {
  const auto took = Clock::now() - flight.begun;
  metrics_.rows += committed.num_rows;
  metrics_.skipped += flight.skipped;
  metrics_.files += committed.num_files;
  metrics_.file_bytes += committed.num_bytes;
  metrics_.commit_retries += committed.num_retries;
  metrics_.last_version = committed.version.value;
  metrics_.last_commit_ms = NowMs();
  metrics_.commit_seconds.Add(std::chrono::duration<double>(took).count());
  ++metrics_.commits;
  if (committed.num_rows > 0 && flight.bytes > 0) {
    bytes_ratio_ = std::max(
        static_cast<double>(committed.num_bytes) / static_cast<double>(flight.bytes), 0.01);
  }
  Log(LogLevel::kInfo,
      Concat(options_.topic, ": version ", committed.version.value, ": ", committed.num_rows,
             " rows, ", committed.num_bytes, " bytes in ", committed.num_files,
             " files, committed in ",
             std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), " ms"));
}

/// Only lag tools read the group's offsets, so a failure costs nothing.
void Ingest::FollowWithGroup(const std::map<int32_t, int64_t>& positions) {
  std::map<int32_t, int64_t> next;
  for (const auto& [partition, offset] : positions) next[partition] = offset + 1;
  const bool is_last = stop_->load(std::memory_order_relaxed) || options_.ends_at_latest_offsets;
  const Status followed = source_->CommitGroupOffsets(next, is_last);
  if (!followed.ok()) Log(LogLevel::kWarning, followed.message());
}

}  // namespace deltaic::ingest
