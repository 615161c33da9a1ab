#include "storage/gcs/gcs_upload.h"

#include <condition_variable>
#include <mutex>

#include "storage/gcs/gcs_answer.h"
#include "storage/remote/content_range.h"

namespace deltaic {
namespace {

/// Chunks but the last are multiples of it.
constexpr size_t kChunkUnit = 256 << 10;
/// Of the session: "resume incomplete".
constexpr int kGoOn = 308;

using Send = std::function<Result<HttpResponse>(HttpRequest, const IoContext&)>;

class GcsUpload : public RemoteUpload {
 public:
  GcsUpload(Send send, std::string where) : send_(std::move(send)), where_(std::move(where)) {}

  Status PutPart(int number, std::string_view bytes, const IoContext& context) override {
    DELTAIC_RETURN_IF_ERROR(WaitForTurn(number, context));
    Status status;
    if (bytes.size() % kChunkUnit != 0) {
      last_ = bytes;  // sent by Complete(), which knows that it is the last
    } else {
      status = SendChunk(bytes, /*is_last=*/false, context);
    }
    const std::lock_guard lock(mutex_);
    ++turn_;
    if (!status.ok()) failed_ = status;
    turned_.notify_all();
    return status;
  }

  Status Complete(int count, const IoContext& context) override {
    if (turn_ != count || !failed_.ok()) {
      return failed_.ok() ? Status::Internal("parts of an upload are missing") : failed_;
    }
    return SendChunk(last_, /*is_last=*/true, context);
  }

  void Abort() override {
    HttpRequest request;
    request.method = "DELETE";
    // Else Google drops it after a week.
    static_cast<void>(send_(std::move(request), {}));
  }

 private:
  Status WaitForTurn(int number, const IoContext& context) {
    std::unique_lock lock(mutex_);
    while (turn_ != number && failed_.ok()) {
      DELTAIC_RETURN_IF_ERROR(context.Check());
      turned_.wait_for(lock, std::chrono::milliseconds(50));
    }
    return failed_;
  }

  /// Sends bytes that begin at offset_; asks how far they came where that is not clear.
  Status SendChunk(std::string_view bytes, bool is_last, const IoContext& context) {
    constexpr int kMaxTurns = 8;
    const int64_t end = offset_ + static_cast<int64_t>(bytes.size());
    for (int turn = 0; turn < kMaxTurns; ++turn) {
      HttpRequest request;
      request.method = "PUT";
      request.body = bytes.substr(bytes.size() - static_cast<size_t>(end - offset_));
      const std::string total = is_last ? std::to_string(end) : "*";
      request.headers.Add("Content-Range", request.body.empty() ? Concat("bytes */", total)
                                                                : Concat("bytes ", offset_, '-',
                                                                         end - 1, '/', total));
      Result<HttpResponse> answer = send_(std::move(request), context);
      DELTAIC_RETURN_IF_ERROR(answer);
      DELTAIC_ASSIGN_OR_RETURN(const bool done, TakeAnswer(*answer, end, is_last));
      if (done) return Status();
    }
    return Status::Unavailable("writing ", where_, ": Google keeps taking a part of what is sent");
  }

  /// Whether all bytes up to `end` are there; moves offset_.
  Result<bool> TakeAnswer(const HttpResponse& answer, int64_t end, bool is_last) {
    if (answer.is_success()) {
      if (!is_last) return Status::Io("writing ", where_, ": Google ended the upload too soon");
      return true;
    }
    if (answer.status != kGoOn) return GcsStatus(answer.status, answer.body, "writing " + where_);
    const std::string_view range = answer.headers.Get("range");  // "bytes=0-N"; none: nothing
    int64_t kept = 0;
    if (const size_t dash = range.find('-'); dash != std::string_view::npos) {
      DELTAIC_ASSIGN_OR_RETURN(const int64_t last, ParseSize(range.substr(dash + 1)));
      kept = last + 1;
    }
    if (kept < offset_ || kept > end) {
      return Status::Io("writing ", where_, ": Google says it has ", kept, " bytes, of ", end);
    }
    offset_ = kept;
    return kept == end && !is_last;
  }

  const Send send_;
  const std::string where_;
  std::mutex mutex_;
  std::condition_variable turned_;
  int turn_ = 0;  ///< number of the part to be sent next
  Status failed_;
  // Of whose turn it is.
  int64_t offset_ = 0;
  std::string last_;
};

}  // namespace

std::unique_ptr<RemoteUpload> MakeGcsUpload(Send send, std::string where) {
  return std::make_unique<GcsUpload>(std::move(send), std::move(where));
}

}  // namespace deltaic
