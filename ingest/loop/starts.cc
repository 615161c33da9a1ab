// Where an Ingest begins with each partition, and what happens as partitions come and go.

#include <algorithm>
#include <utility>

#include "base/log_sink.h"
#include "ingest/commit/positions.h"
#include "ingest/loop/ingest.h"
#include "table/clock.h"

namespace deltaic::ingest {

Result<int64_t> Ingest::ResolveStart(int32_t partition) {
  switch (options_.start) {
    case StartAt::kEarliest:
      break;
    case StartAt::kLatest: {
      DELTAIC_ASSIGN_OR_RETURN(const auto range, source_->Watermarks(partition));
      return range.second;
    }
    case StartAt::kTimestamp:
      return source_->OffsetAt(partition, options_.start_value);
    case StartAt::kOffset:
      return options_.start_value;
  }
  return int64_t{RD_KAFKA_OFFSET_BEGINNING};
}

/// Writes down where partitions begin before anything is read of them, so that "the latest" stays
/// the same place whatever happens before the first commit.
Status Ingest::PersistStarts() {
  constexpr int kMostTries = 10;
  for (int tries = 0;; ++tries) {
    DELTAIC_ASSIGN_OR_RETURN(const auto known,
                             LoadPositions(*writer_->snapshot(), options_.app_id));
    std::map<int32_t, int64_t> missing, group;
    for (const auto& [partition, offset] : options_.seek_offsets) {
      const auto found = known.find(partition);
      if (found == known.end()) {
        missing[partition] = offset;
      } else if (found->second < offset) {
        return Status::InvalidArgument("partition ", partition, " is at offset ", found->second,
                                       " in ", table_->uri(), ", before the ", offset,
                                       " of --seek-offsets; messages in between would be left out");
      }
    }
    if (options_.start != StartAt::kEarliest) {
      for (const int32_t partition : known_partitions_) {
        if (known.contains(partition) || missing.contains(partition)) continue;
        DELTAIC_ASSIGN_OR_RETURN(const auto at, source_->GroupOffset(partition));
        if (at && *at == 0) continue;  // written down below by an earlier run
        DELTAIC_ASSIGN_OR_RETURN(const int64_t start, ResolveStart(partition));
        if (start > 0) {
          missing[partition] = start - 1;
        } else {
          group[partition] = 0;  // -1 would mean something else to kafka-delta-ingest
        }
      }
    }
    if (!group.empty()) {
      const Status followed = source_->CommitGroupOffsets(group, /*wait=*/true);
      if (!followed.ok()) Log(LogLevel::kWarning, followed.message());
    }
    if (missing.empty()) return Status();
    const Status committed =
        writer_->Commit(MakePositions(missing, options_.app_id, NowMs())).status();
    if (committed.code() != StatusCode::kConflict || tries == kMostTries) return committed;
    DELTAIC_RETURN_IF_ERROR(writer_->Reload());
  }
}

Status Ingest::CheckLoss(int32_t partition, int64_t& start) {
  DELTAIC_ASSIGN_OR_RETURN(const auto range, source_->Watermarks(partition));
  if (start >= range.first && start <= range.second) return Status();
  const std::string what =
      start < range.first ? Concat("the topic begins at offset ", range.first,
                                   " by now: ", range.first - start, " messages are gone")
                          : Concat("the topic ends at offset ", range.second, ": it was made anew");
  const std::string place = Concat(options_.topic, " partition ", partition,
                                   ": the table's next offset is ", start, ", but ", what);
  if (options_.fail_on_data_loss) {
    return Status::Corruption(place, "; to go on from there, use --on-data-loss continue");
  }
  ++metrics_.data_losses;
  Log(LogLevel::kError, place);
  start = range.first;
  return Status();
}

Result<Ingest::Partition> Ingest::StartOf(int32_t partition,
                                          const std::map<int32_t, int64_t>& positions) {
  Partition out;
  if (const auto found = positions.find(partition); found != positions.end()) {
    out.start = found->second + 1;
    DELTAIC_RETURN_IF_ERROR(CheckLoss(partition, out.start));
  } else if (std::ranges::find(known_partitions_, partition) == known_partitions_.end() ||
             options_.start == StartAt::kEarliest) {
    // One that came to the topic while this ran begins at its beginning.
    out.start = RD_KAFKA_OFFSET_BEGINNING;
  } else {
    DELTAIC_ASSIGN_OR_RETURN(const auto at, source_->GroupOffset(partition));
    if (at && *at == 0) {
      out.start = RD_KAFKA_OFFSET_BEGINNING;
    } else {
      DELTAIC_ASSIGN_OR_RETURN(out.start, ResolveStart(partition));
    }
  }
  out.next = std::max<int64_t>(out.start, 0);
  out.is_known = true;
  return out;
}

std::optional<std::vector<int64_t>> Ingest::OnAssigned(std::span<const int32_t> partitions) {
  if (has_given_up()) return std::nullopt;
  const bool had_some = !partitions_.empty();
  Status status = had_some ? FlushOrGoBack() : Status();
  for (const int32_t number : partitions) {
    partitions_[number] = Partition();
    at_end_.erase(number);
  }
  metrics_.partitions = static_cast<int64_t>(partitions_.size());
  Log(LogLevel::kInfo, Concat(options_.topic, ": ", partitions.size(), " partitions came, ",
                              partitions_.size(), " are read here"));
  // Others may have committed for these partitions until now.
  if (status.ok() && Clock::now() >= retry_at_) status = AfterError(GoBack());
  if (!status.ok() && failure_.ok()) failure_ = status;
  if (!status.ok() || must_go_back_) {
    must_restart_ = true;
    return std::nullopt;
  }
  must_restart_ = had_some;
  if (!had_some) metrics_.state = RouteState::kRunning;
  std::vector<int64_t> starts;
  for (const int32_t number : partitions) starts.push_back(partitions_[number].start);
  return starts;
}

void Ingest::OnRevoked(std::span<const int32_t> partitions, bool lost) {
  // The table has its positions, whoever reads on.
  Status status = Land(/*wait=*/true);
  if (!writer_) {
    if (sampled_ > 0) {
      Forget();
      must_restart_ = must_go_back_ = true;
    }
  } else if (lost) {
    // Another consumer has them, and its commits come first.
    if (pending_messages_ > 0) {
      Forget();
      must_restart_ = must_go_back_ = true;
    }
  } else if (status.ok()) {
    status = FlushOrGoBack();
  }
  if (!status.ok() && failure_.ok()) failure_ = status;
  for (const int32_t number : partitions) {
    partitions_.erase(number);
    at_end_.erase(number);
  }
  metrics_.partitions = static_cast<int64_t>(partitions_.size());
  if (partitions_.empty()) must_restart_ = must_go_back_ = false;
  Log(LogLevel::kInfo,
      Concat(options_.topic, ": ", partitions.size(), " partitions went",
             lost ? " to another consumer" : "", ", ", partitions_.size(), " are read here"));
}

}  // namespace deltaic::ingest
