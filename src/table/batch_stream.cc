#include "table/batch_stream.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "storage/crew.h"

namespace deltaic {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

void Add(const FileListMetrics& part, FileListMetrics& sum) {
  sum.files_total += part.files_total;
  sum.files_pruned_partition += part.files_pruned_partition;
  sum.files_pruned_stats += part.files_pruned_stats;
}

class ConvertedSource : public BatchSource {
 public:
  ConvertedSource(std::unique_ptr<BatchSource> source, BatchConversion convert)
      : source_(std::move(source)), convert_(std::move(convert)) {}

  Result<BatchPtr> Next() override {
    DELTAIC_ASSIGN_OR_RETURN(BatchPtr batch, source_->Next());
    if (batch == nullptr || batch->num_rows() == 0) return batch;
    return convert_(*batch);
  }
  FileListMetrics metrics() const override { return source_->metrics(); }

 private:
  std::unique_ptr<BatchSource> source_;
  BatchConversion convert_;
};

/// Reads on the consumer's thread.
class InlineStream : public FileStream {
 public:
  InlineStream(std::vector<std::unique_ptr<BatchSource>> sources, CancellationToken cancel)
      : sources_(std::move(sources)), cancel_(std::move(cancel)) {}

  Result<BatchPtr> Next() override {
    while (next_ < sources_.size()) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      DELTAIC_ASSIGN_OR_RETURN(BatchPtr batch, sources_[next_]->Next());
      if (batch == nullptr) {
        Add(sources_[next_]->metrics(), metrics_);
        sources_[next_++].reset();
      } else if (batch->num_rows() > 0) {
        metrics_.files_selected += batch->num_rows();
        return batch;
      }
    }
    return BatchPtr();
  }
  const FileListMetrics& metrics() const override { return metrics_; }

 private:
  std::vector<std::unique_ptr<BatchSource>> sources_;
  CancellationToken cancel_;
  size_t next_ = 0;
  FileListMetrics metrics_;
};

/// Reads on threads of its own, each working off one source after the other.
class ThreadedStream : public FileStream {
 public:
  ThreadedStream(std::vector<std::unique_ptr<BatchSource>> sources, int num_threads,
                 CancellationToken cancel)
      : sources_(std::move(sources)), num_threads_(num_threads), cancel_(std::move(cancel)) {}

  ~ThreadedStream() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }

  Result<BatchPtr> Next() override {
    Start();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || running_ == 0 || stopped_; });
    DELTAIC_RETURN_IF_ERROR(failure_);
    if (ready_.empty()) {
      metrics_ = gathered_;
      metrics_.files_selected = selected_;
      return BatchPtr();
    }
    BatchPtr batch = std::move(ready_.front());
    ready_.pop_front();
    selected_ += batch->num_rows();
    metrics_.files_selected = selected_;
    lock.unlock();
    changed_.notify_all();
    return batch;
  }
  const FileListMetrics& metrics() const override { return metrics_; }

 private:
  void Start() {
    if (started_) return;
    started_ = true;
    running_ = num_threads_;
    const auto num_threads = static_cast<size_t>(num_threads_);
    const auto started = static_cast<int>(threads_.AddUntil(num_threads, [this] { Work(); }));
    const std::lock_guard lock(mutex_);
    running_ -= num_threads_ - started;
    if (started == 0) failure_ = Status::Io("cannot start a thread to read the list of files");
  }

  void Work() {
    // A source goes once it is read, with the buffers that it read through.
    while (const std::unique_ptr<BatchSource> source = TakeSource()) {
      const Status status = Drain(*source);
      const std::lock_guard lock(mutex_);
      Add(source->metrics(), gathered_);
      if (!status.ok()) {
        if (failure_.ok()) failure_ = status;
        stopped_ = true;
      }
    }
    {
      const std::lock_guard lock(mutex_);
      --running_;
    }
    changed_.notify_all();
  }

  std::unique_ptr<BatchSource> TakeSource() {
    const std::lock_guard lock(mutex_);
    return stopped_ || next_ == sources_.size() ? nullptr : std::move(sources_[next_++]);
  }

  Status Drain(BatchSource& source) {
    while (true) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      DELTAIC_ASSIGN_OR_RETURN(BatchPtr batch, source.Next());
      if (batch == nullptr) return Status::Ok();
      if (batch->num_rows() == 0) continue;
      std::unique_lock lock(mutex_);
      // A batch may take 30 MB, most of it statistics: one a thread keeps the consumer busy.
      changed_.wait(lock,
                    [&] { return stopped_ || ready_.size() < static_cast<size_t>(num_threads_); });
      if (stopped_) return Status::Ok();
      ready_.push_back(std::move(batch));
      lock.unlock();
      changed_.notify_all();
    }
  }

  std::vector<std::unique_ptr<BatchSource>> sources_;
  const int num_threads_;
  CancellationToken cancel_;
  FileListMetrics metrics_;  ///< the consumer's copy

  std::mutex mutex_;  ///< guards all below but the threads
  std::condition_variable changed_;
  std::deque<BatchPtr> ready_;
  size_t next_ = 0;
  int running_ = 0;
  bool stopped_ = false;
  Status failure_;
  FileListMetrics gathered_;
  int64_t selected_ = 0;

  bool started_ = false;
  Crew threads_;  ///< last, so that they end before what they use
};

}  // namespace

std::unique_ptr<BatchSource> ConvertBatches(std::unique_ptr<BatchSource> source,
                                            BatchConversion convert) {
  return std::make_unique<ConvertedSource>(std::move(source), std::move(convert));
}

std::unique_ptr<FileStream> MakeBatchStream(std::vector<std::unique_ptr<BatchSource>> sources,
                                            int num_threads, CancellationToken cancel) {
  const int useful =
      static_cast<int>(std::min<size_t>(sources.size(), static_cast<size_t>(num_threads)));
  if (useful <= 1) return std::make_unique<InlineStream>(std::move(sources), std::move(cancel));
  return std::make_unique<ThreadedStream>(std::move(sources), useful, std::move(cancel));
}

}  // namespace deltaic
