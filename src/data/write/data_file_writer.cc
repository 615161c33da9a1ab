#include "data/write/data_file_writer.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <utility>

#include "base/percent_encoding.h"
#include "data/write/data_file_layout.h"
#include "data/write/data_file_name.h"
#include "data/write/encoder_pool.h"
#include "data/write/partition_splitter.h"
#include "data/write/pending_rows.h"
#include "data/write/variant_shredder.h"
#include "protocol/partition_value.h"
#include "storage/clock.h"
#include "storage/object_path.h"

namespace deltaic {

namespace {

constexpr int64_t kMiB = 1024 * 1024;
/// Rows are handed to the encoders in pieces of this many rows, or bytes.
constexpr int64_t kPieceRows = 64 * 1024;
constexpr int64_t kPieceBytes = 8 * kMiB;
/// A row group is ended past this size, however few rows it has.
constexpr int64_t kMaxRowGroupBytes = 256 * kMiB;
/// Batches that wait for encoders: enough to keep them busy.
constexpr int64_t kMaxQueuedBytes = 64 * kMiB;
/// Memory is looked at when the rows that wait have grown by this part of its bound.
constexpr int64_t kPendingShare = 8;
/// Below the common limit of 1024 open files in a process.
constexpr int64_t kMaxOpenFiles = 256;
/// One file keeps about this many threads busy, but for the end of a row group: there some wait for
/// the last column, and one writes the group out, so another file is there to go on with.
constexpr int kThreadsPerFile = 4;
constexpr int kMinLanes = 2;

constexpr std::string_view kChangeDataDirectory = "_change_data";

/// Equal for equal values only.
std::string PartitionKey(const PartitionValues& values) {
  std::string key;
  for (const auto& [name, text] : values) {
    key += text ? Concat(text->size(), ":", *text) : std::string("-");
  }
  return key;
}

/// Calls `visit` with slices of `batch` of at most `max_rows` rows and about `max_bytes` bytes.
template <typename Visit>
Status ForEachPiece(const std::shared_ptr<arrow::RecordBatch>& batch, int64_t max_rows,
                    int64_t max_bytes, Visit visit) {
  const int64_t bytes = BatchBytes(*batch);
  const int64_t rows = batch->num_rows();
  const int64_t pieces = std::max((rows + max_rows - 1) / max_rows, bytes / max_bytes);
  const int64_t piece_rows = std::max<int64_t>(1, (rows + pieces) / std::max<int64_t>(1, pieces));
  for (int64_t begin = 0; begin < rows; begin += piece_rows) {
    DELTAIC_RETURN_IF_ERROR(visit(batch->Slice(begin, std::min(piece_rows, rows - begin))));
  }
  return Status();
}

/// Where the rows of one partition go: a list of files, of which the last may be open. Tables
/// without partitions have several lanes, so that more threads find work.
struct Lane {
  PartitionValues partition_values;
  std::string directory;
  PendingRows pending;
  EncoderPool::File* file = nullptr;
  std::shared_ptr<const DataFileLayout> layout;  ///< of the file
  int64_t rows_in_group = 0;
  bool group_is_full = false;
};

/// Whether a batch has the columns of `expected`. \param allows_dictionaries  of texts.
bool HasSchema(const arrow::RecordBatch& batch, const arrow::Schema& expected,
               bool allows_dictionaries) {
  const arrow::Schema& schema = *batch.schema();
  if (schema.Equals(expected, /*check_metadata=*/false)) return true;
  if (!allows_dictionaries || schema.num_fields() != expected.num_fields()) return false;
  for (int i = 0; i < schema.num_fields(); ++i) {
    const auto& field = schema.field(i);
    const auto& plain = expected.field(i);
    const auto& type =
        IsDictionaryOf(*field->type(), *plain->type()) ? plain->type() : field->type();
    if (!field->WithType(type)->Equals(*plain, /*check_metadata=*/false)) return false;
  }
  return true;
}

class DataFileWriterImpl : public DataFileWriter {
 public:
  DataFileWriterImpl(std::shared_ptr<ObjectStore> store,
                     std::shared_ptr<const DataFileLayout> layout, VariantShredder shredder,
                     CancellationToken cancel)
      : layout_(std::move(layout)),
        shredder_(std::move(shredder)),
        pool_(std::move(store), layout_->options.num_threads, std::move(cancel)) {}

  ~DataFileWriterImpl() override { Abort(); }

  Status Write(std::shared_ptr<arrow::RecordBatch> batch) override {
    return FailOnError(WriteImpl(std::move(batch)));
  }

  Result<DataFileResult> Finish() override {
    Result<DataFileResult> result = FinishImpl();
    DELTAIC_RETURN_IF_ERROR(FailOnError(result.status()));
    state_ = Status::InvalidArgument("the data file writer is finished already");
    return result;
  }

  void Abort() override {
    if (state_.ok()) state_ = Status::InvalidArgument("the data file writer was aborted");
    lanes_.clear();
    lane_of_key_.clear();
    pool_.Abort();
  }

  int64_t rows_written() const override { return rows_written_.load(std::memory_order_relaxed); }
  int64_t memory_bytes() const override { return pending_bytes_ + pool_.load().total_bytes(); }

 private:
  Status FailOnError(Status status) {
    if (status.ok() || !state_.ok()) return status;
    state_ = status;
    Abort();
    return status;
  }

  Status WriteImpl(std::shared_ptr<arrow::RecordBatch> batch) {
    DELTAIC_RETURN_IF_ERROR(state_);
    DELTAIC_RETURN_IF_ERROR(CheckBatch(*batch));
    if (batch->num_rows() == 0) return Status();
    // Splitting copies, so it goes piece by piece; a large piece has fewer parts for its size.
    DELTAIC_RETURN_IF_ERROR(
        ForEachPiece(batch, 2 * kPieceRows, 4 * kPieceBytes, [this](auto piece) -> Status {
          DELTAIC_RETURN_IF_ERROR(
              SplitByPartition(*layout_, piece, [this](PartitionRows part) -> Status {
                DELTAIC_RETURN_IF_ERROR(AddRows(std::move(part)));
                return BoundPending();
              }));
          return BoundMemory();
        }));
    rows_written_ += batch->num_rows();
    return Status();
  }

  Status CheckBatch(const arrow::RecordBatch& batch) const {
    const arrow::Schema& expected = *layout_->batch_schema;
    if (!HasSchema(batch, expected, layout_->partition_columns.empty())) {
      return Status::SchemaMismatch("the batch does not have the table's schema: expected ",
                                    expected.ToString(), ", got ", batch.schema()->ToString());
    }
    for (int i = 0; i < batch.num_columns(); ++i) {
      if (expected.field(i)->nullable() || batch.column(i)->null_count() == 0) continue;
      return Status::ConstraintViolated("column ", expected.field(i)->name(),
                                        ": null in a column that may not be null");
    }
    return Status();
  }

  Status AddRows(PartitionRows part) {
    Lane& lane = LaneFor(part.partition_values);
    pending_bytes_ -= lane.pending.num_bytes();
    const Status added = lane.pending.Add(std::move(part.rows));
    pending_bytes_ += lane.pending.num_bytes();
    DELTAIC_RETURN_IF_ERROR(added);
    const bool is_enough =
        lane.pending.num_rows() >= kPieceRows || lane.pending.num_bytes() >= kPieceBytes;
    return is_enough ? HandOver(lane) : Status();
  }

  Lane& LaneFor(const PartitionValues& values) {
    if (layout_->partition_columns.empty()) {
      if (lanes_.empty()) AddLane();
      return *lanes_[current_lane_];
    }
    const auto [it, is_new] = lane_of_key_.try_emplace(PartitionKey(values), lanes_.size());
    if (is_new) {
      AddLane();
      lanes_.back()->partition_values = values;
      lanes_.back()->directory = JoinPath(lanes_.back()->directory, PartitionDirectory(values));
    }
    return *lanes_[it->second];
  }

  void AddLane() {
    lanes_.push_back(std::make_unique<Lane>());
    if (layout_->kind == DataFileKind::kChangeData) {
      lanes_.back()->directory = kChangeDataDirectory;
    }
  }

  /// Gives the lane's rows to the encoders.
  Status HandOver(Lane& lane) {
    pending_bytes_ -= lane.pending.num_bytes();
    for (auto& batch : lane.pending.Take()) {
      DELTAIC_RETURN_IF_ERROR(
          ForEachPiece(batch, kPieceRows, kPieceBytes, [&](const auto& piece) -> Status {
            for (int64_t begin = 0; begin < piece->num_rows();) {
              DELTAIC_ASSIGN_OR_RETURN(const int64_t taken, Encode(lane, piece->Slice(begin)));
              begin += taken;
            }
            return Status();
          }));
      batch.reset();
    }
    return Status();
  }

  /// Queues as many of the first rows as the row group has room for. \return how many.
  Result<int64_t> Encode(Lane& lane, const std::shared_ptr<arrow::RecordBatch>& rows) {
    const bool is_new = lane.file == nullptr;
    if (is_new || lane.group_is_full) lane.rows_in_group = 0;
    const int64_t room = layout_->options.max_rows_per_group - lane.rows_in_group;
    const int64_t taken = std::min(room, rows->num_rows());
    std::shared_ptr<arrow::RecordBatch> part = rows->Slice(0, taken);
    if (is_new) {
      DELTAIC_ASSIGN_OR_RETURN(lane.layout, shredder_.LayoutFor(*part));
    }
    DELTAIC_ASSIGN_OR_RETURN(part, ShredBatch(*lane.layout, std::move(part)));
    if (is_new) {
      if (NumOpenLanes() >= kMaxOpenFiles) FinishLargestFile();
      lane.file = pool_.Begin(JoinPath(lane.directory, NewDataFileName(layout_->kind, num_files_++,
                                                                       layout_->file_suffix)),
                              lane.partition_values, lane.layout, part);
    } else if (lane.group_is_full) {
      pool_.StartRowGroup(lane.file);
    }
    pool_.Append(lane.file, part, BatchBytes(*part));
    lane.rows_in_group += taken;
    DELTAIC_RETURN_IF_ERROR(Throttle());
    DELTAIC_RETURN_IF_ERROR(EndWhatIsFull(lane));
    return taken;
  }

  /// Waits while the encoders have enough to do.
  Status Throttle() {
    const int64_t max_queued = std::min(kMaxQueuedBytes, layout_->options.max_memory_bytes / 4);
    return pool_.WaitUntil([max_queued](const EncoderPool::Load& load) {
      return load.queued_bytes <= max_queued && load.open_files <= kMaxOpenFiles;
    });
  }

  Status EndWhatIsFull(Lane& lane) {
    const int64_t target = layout_->options.target_file_size_bytes;
    // The size is known only from what is encoded; a file smaller than the queue would outgrow its
    // target unseen.
    if (pool_.QueuedBytes(lane.file) >= target) DELTAIC_RETURN_IF_ERROR(pool_.Drain(lane.file));
    const bool memory_is_full = pool_.MemoryBytes(lane.file) >= MaxRowGroupBytes();
    lane.group_is_full =
        lane.rows_in_group >= layout_->options.max_rows_per_group || memory_is_full;
    const bool file_is_full = pool_.FileBytes(lane.file) >= target;
    if (FillsOneFile() && memory_is_full && !file_is_full) return EndRowGroup(lane);
    // Small row groups end too soon to keep anyone waiting.
    const bool is_large =
        lane.rows_in_group >= kPieceRows || pool_.MemoryBytes(lane.file) >= kPieceBytes;
    if (file_is_full) FinishFile(lane);
    if (file_is_full || (lane.group_is_full && is_large)) NextLane();
    return Status();
  }

  bool FillsOneFile() const { return layout_->options.one_file_at_a_time; }

  int64_t MaxRowGroupBytes() const {
    const int64_t half = layout_->options.max_memory_bytes / 2;
    return FillsOneFile() ? std::min(kMaxRowGroupBytes, half) : kMaxRowGroupBytes;
  }

  /// Frees the memory of a file that is to go on. Waits for it: till then it would look full, and
  /// no other file is there to take rows.
  Status EndRowGroup(Lane& lane) {
    if (lane.file == nullptr || lane.rows_in_group == 0) return Status();
    pool_.EndRowGroup(lane.file);
    lane.group_is_full = true;
    lane.rows_in_group = 0;
    return pool_.Drain(lane.file);
  }

  void FinishFile(Lane& lane) {
    if (lane.file != nullptr) pool_.Finish(std::exchange(lane.file, nullptr));
    lane.group_is_full = false;
  }

  int64_t NumOpenLanes() const {
    return std::count_if(lanes_.begin(), lanes_.end(),
                         [](const auto& lane) { return lane->file != nullptr; });
  }

  void FinishLargestFile() {
    const auto bytes = [this](const auto& lane) {
      return lane->file == nullptr ? -1 : pool_.FileBytes(lane->file);
    };
    FinishFile(**std::max_element(lanes_.begin(), lanes_.end(), [&](const auto& a, const auto& b) {
      return bytes(a) < bytes(b);
    }));
  }

  /// Lets the next row group go to another file, where threads are more than one.
  void NextLane() {
    const int num_threads = layout_->options.num_threads;
    if (!layout_->partition_columns.empty() || num_threads == 1 || FillsOneFile()) return;
    const auto num_lanes = static_cast<size_t>(std::max(kMinLanes, num_threads / kThreadsPerFile));
    current_lane_ = (current_lane_ + 1) % num_lanes;
    while (lanes_.size() <= current_lane_) AddLane();
  }

  int64_t HeldBytes(const Lane& lane) const {
    return lane.pending.num_bytes() + (lane.file == nullptr ? 0 : pool_.MemoryBytes(lane.file));
  }

  /// BoundMemory(), where enough has been added to be worth a look: the parts of one piece may be
  /// many.
  Status BoundPending() {
    const int64_t step = layout_->options.max_memory_bytes / kPendingShare;
    return pending_bytes_ - bounded_pending_bytes_ > step ? BoundMemory() : Status();
  }

  /// Finishes the largest files while memory is over its bound.
  Status BoundMemory() {
    const int64_t bound = layout_->options.max_memory_bytes;
    if (FillsOneFile()) return BoundRowGroups();
    while (pending_bytes_ + pool_.load().total_bytes() > bound) {
      DELTAIC_RETURN_IF_ERROR(FinishLargest(bound / 2));
      const int64_t num_open = NumOpenLanes();
      DELTAIC_RETURN_IF_ERROR(pool_.WaitUntil([&](const EncoderPool::Load& load) {
        const bool is_settled = load.open_files == num_open && load.queued_bytes == 0;
        return is_settled || pending_bytes_ + load.total_bytes() <= bound;
      }));
    }
    bounded_pending_bytes_ = pending_bytes_;
    return Status();
  }

  /// BoundMemory() where files go on: writes all row groups out.
  Status BoundRowGroups() {
    if (pending_bytes_ + pool_.load().total_bytes() > layout_->options.max_memory_bytes) {
      for (const auto& lane : lanes_) {
        DELTAIC_RETURN_IF_ERROR(HandOver(*lane));
        DELTAIC_RETURN_IF_ERROR(EndRowGroup(*lane));
      }
    }
    bounded_pending_bytes_ = pending_bytes_;
    return Status();
  }

  /// Finishes lanes, the largest first, until the others hold no more than `bytes`.
  Status FinishLargest(int64_t bytes) {
    std::vector<std::pair<int64_t, Lane*>> held;
    int64_t total = 0;
    for (const auto& lane : lanes_) {
      const int64_t lane_bytes = HeldBytes(*lane);
      if (lane_bytes == 0) continue;
      held.emplace_back(lane_bytes, lane.get());
      total += lane_bytes;
    }
    std::sort(held.begin(), held.end(), [](const auto& a, const auto& b) { return a > b; });
    for (const auto& [lane_bytes, lane] : held) {
      if (total <= bytes) break;
      DELTAIC_RETURN_IF_ERROR(HandOver(*lane));
      FinishFile(*lane);
      total -= lane_bytes;
    }
    return Status();
  }

  Result<DataFileResult> FinishImpl() {
    DELTAIC_RETURN_IF_ERROR(state_);
    // Handing over may add a lane.
    for (size_t i = 0; i < lanes_.size(); ++i) {
      Lane& lane = *lanes_[i];
      DELTAIC_RETURN_IF_ERROR(HandOver(lane));
      FinishFile(lane);
    }
    DELTAIC_ASSIGN_OR_RETURN(auto files, pool_.FinishAll());
    DataFileResult result;
    result.num_rows = rows_written();
    const int64_t now_ms = NowMs();
    for (EncoderPool::Finished& file : files) {
      Add add;
      add.path = PercentEncodePath(file.path);
      add.partition_values = std::move(file.partition_values);
      add.size = file.encoded.size_bytes;
      add.modification_time = now_ms;
      if (layout_->kind == DataFileKind::kData) add.stats = std::move(file.encoded.stats);
      result.num_bytes += add.size;
      result.adds.push_back(std::move(add));
    }
    return result;
  }

  const std::shared_ptr<const DataFileLayout> layout_;
  const VariantShredder shredder_;
  EncoderPool pool_;
  Status state_;  ///< why no more calls are taken
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unordered_map<std::string, size_t> lane_of_key_;
  size_t current_lane_ = 0;  ///< of a table without partitions
  int64_t pending_bytes_ = 0;
  int64_t bounded_pending_bytes_ = 0;  ///< pending_bytes_ when memory was last looked at
  int64_t num_files_ = 0;
  std::atomic<int64_t> rows_written_ = 0;
};

}  // namespace

bool IsDictionaryOf(const arrow::DataType& type, const arrow::DataType& plain) {
  if (type.id() != arrow::Type::DICTIONARY || plain.id() != arrow::Type::STRING) return false;
  const auto& dictionary = static_cast<const arrow::DictionaryType&>(type);
  return dictionary.index_type()->id() == arrow::Type::INT32 &&
         dictionary.value_type()->id() == arrow::Type::STRING;
}

Result<std::unique_ptr<DataFileWriter>> DataFileWriter::Make(std::shared_ptr<ObjectStore> store,
                                                             DataFileTarget target,
                                                             DataFileOptions options,
                                                             CancellationToken cancel) {
  DELTAIC_ASSIGN_OR_RETURN(auto layout, MakeDataFileLayout(target, options, store->traits()));
  VariantShredder shredder(std::move(target), std::move(options), layout);
  return std::make_unique<DataFileWriterImpl>(std::move(store), std::move(layout),
                                              std::move(shredder), std::move(cancel));
}

}  // namespace deltaic
