// What follows when an Ingest meets an error: back to the table's positions.

#include <algorithm>
#include <utility>

#include "base/log_sink.h"
#include "ingest/commit/positions.h"
#include "ingest/loop/ingest.h"

namespace deltaic::ingest {
namespace {

constexpr int kMostFailuresOfBoundedRun = 5;

/// An error that another try, from the table's positions, may not meet.
bool MayPass(const Status& status) {
  switch (status.code()) {
    case StatusCode::kConflict:
    case StatusCode::kUnavailable:
    case StatusCode::kCommitUnknown:
    case StatusCode::kIo:
      return true;
    default:
      return false;
  }
}

}  // namespace

/// What an error of a batch leads to: nothing lost, for positions are in the table.
Status Ingest::AfterError(const Status& error) {
  if (error.ok()) return Status();
  Forget();
  if (!MayPass(error)) return error;
  must_restart_ = must_go_back_ = true;
  int seconds = 0;
  if (error.code() == StatusCode::kConflict) {
    ++metrics_.conflicts;
    Log(LogLevel::kWarning, Concat("read again from the table's positions: ", error.message()));
  } else {
    ++metrics_.failures;
    ++failures_in_row_;
    Log(LogLevel::kError, Concat("attempt ", failures_in_row_, ": ", error.message()));
    // What was buffered will be read again; that it is not there now must be known.
    if (stop_->load()) return error;
    if (options_.ends_at_latest_offsets && failures_in_row_ >= kMostFailuresOfBoundedRun) {
      return error;
    }
    seconds = std::min(1 << std::min(failures_in_row_, 6), 60);
    metrics_.state = RouteState::kWaiting;
  }
  retry_at_ = Clock::now() + std::chrono::seconds(seconds);
  source_->Pause(Assigned());
  return Status();
}

Status Ingest::Recover() {
  DELTAIC_RETURN_IF_ERROR(std::exchange(failure_, Status()));
  if (!must_restart_ || has_given_up() || Clock::now() < retry_at_) return Status();
  // Where the table is depends on it.
  if (is_committing()) return Status();
  if (must_go_back_) {
    const Status back = GoBack();
    if (!back.ok()) return AfterError(back);
  }
  std::map<int32_t, int64_t> offsets;
  for (const auto& [number, partition] : partitions_) {
    offsets[number] = partition.next > 0 ? partition.next : partition.start;
    at_end_.erase(number);
  }
  const Status restarted = source_->Restart(offsets);
  if (!restarted.ok()) return AfterError(restarted);
  must_restart_ = false;
  metrics_.state = RouteState::kRunning;
  return Status();
}

std::vector<int32_t> Ingest::Assigned() const {
  std::vector<int32_t> out;
  for (const auto& [number, partition] : partitions_) out.push_back(number);
  return out;
}

void Ingest::Forget() {
  if (rows_ != nullptr) static_cast<void>(rows_->Take());
  if (kept_ != nullptr) kept_->Clear();
  message_of_row_.clear();
  if (writer_) writer_->Drop();
  if (dead_letters_ != nullptr) dead_letters_->Drop();
  sample_.clear();
  sampled_ = 0;
  pending_messages_ = pending_bytes_ = batch_bytes_ = pending_skipped_ = 0;
}

/// Reads the table's positions, for all partitions that are assigned. No commit may be under way.
Status Ingest::GoBack() {
  Forget();
  must_restart_ = must_go_back_ = true;
  std::map<int32_t, int64_t> positions;
  if (writer_) {
    DELTAIC_RETURN_IF_ERROR(writer_->Reload());
    if (dead_letters_ != nullptr) DELTAIC_RETURN_IF_ERROR(dead_letters_->Reload());
    DELTAIC_RETURN_IF_ERROR(RebuildRows());
    DELTAIC_ASSIGN_OR_RETURN(positions, LoadPositions(*writer_->snapshot(), options_.app_id));
  }
  for (auto& [number, partition] : partitions_) {
    if (!partition.is_known) {
      DELTAIC_ASSIGN_OR_RETURN(partition, StartOf(number, positions));
      continue;
    }
    const auto found = positions.find(number);
    partition.next =
        found != positions.end() ? found->second + 1 : std::max<int64_t>(partition.start, 0);
  }
  must_go_back_ = false;
  return Status();
}

Status Ingest::RebuildRows() {
  rows_schema_ = writer_->snapshot()->schema();
  DELTAIC_ASSIGN_OR_RETURN(RowBuffer rows, RowBuffer::Make(rows_schema_));
  if (options_.evolution == Evolution::kRescue &&
      rows_schema_->FindField(kRescuedColumn) == nullptr) {
    DELTAIC_RETURN_IF_ERROR(rows.Add(StructField{.name = std::string(kRescuedColumn),
                                                 .type = DataType::Primitive(TypeId::kString)}));
  }
  const ChangeMode mode = options_.changes.mode;
  if (options_.changes.by_key()) {
    DELTAIC_RETURN_IF_ERROR(rows.Add(
        StructField{.name = std::string(kPutColumn), .type = DataType::Primitive(TypeId::kByte)}));
  } else if (mode == ChangeMode::kChangelog && rows_schema_->FindField(kOpColumn) == nullptr) {
    return Status::InvalidArgument("the table has no column ", kOpColumn,
                                   ", which --mode changelog writes");
  }
  rows_ = std::make_unique<RowBuffer>(std::move(rows));
  decoder_.emplace(decoding_, rows_.get());
  return Status();
}

}  // namespace deltaic::ingest
