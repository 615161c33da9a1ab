#include "data/parquet/page_stream.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "data/memory/decode_pool.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

class PartStream : public arrow::io::InputStream {
 public:
  PartStream(std::shared_ptr<arrow::io::RandomAccessFile> file, std::shared_ptr<RangeFetch> fetch,
             std::vector<ByteRange> parts, int64_t window_bytes)
      : file_(std::move(file)),
        fetch_(std::move(fetch)),
        parts_(std::move(parts)),
        window_bytes_(window_bytes) {}

  arrow::Status Close() override {
    closed_ = true;
    window_ = nullptr;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return passed_; }

  arrow::Result<std::string_view> Peek(int64_t num_bytes) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t count, Load(num_bytes));
    if (count == 0) return std::string_view();
    return std::string_view(reinterpret_cast<const char*>(window_->data()) + position_,
                            static_cast<size_t>(count));
  }
  arrow::Result<int64_t> Read(int64_t num_bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, Read(num_bytes));
    if (bytes->size() > 0) std::memcpy(out, bytes->data(), static_cast<size_t>(bytes->size()));
    return bytes->size();
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t num_bytes) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t count, Load(num_bytes));
    if (count == 0) return std::make_shared<arrow::Buffer>(nullptr, 0);
    auto bytes = arrow::SliceBuffer(window_, position_, count);
    position_ += count;
    passed_ += count;
    return bytes;
  }

 private:
  int64_t InWindow() const { return window_ == nullptr ? 0 : window_->size() - position_; }

  /// Makes the next `num_bytes` of the part lie in the window, or all that it has left. Returns how
  /// many of them do; none at the end of the last part.
  arrow::Result<int64_t> Load(int64_t num_bytes) {
    while (InWindow() == 0 && part_.size_bytes == 0) {
      if (next_ == parts_.size()) return 0;
      part_ = parts_[next_++];
    }
    if (InWindow() < num_bytes && part_.size_bytes > 0) ARROW_RETURN_NOT_OK(MoveWindow(num_bytes));
    return std::min(num_bytes, InWindow());
  }

  /// A window that begins at what is read next, bytes already held included: those are few beside
  /// the others.
  arrow::Status MoveWindow(int64_t num_bytes) {
    part_.offset -= InWindow();
    part_.size_bytes += InWindow();
    position_ = 0;
    const int64_t count = fetch_ != nullptr
                              ? part_.size_bytes
                              : std::min(part_.size_bytes, std::max(window_bytes_, num_bytes));
    if (fetch_ != nullptr) {
      auto bytes = fetch_->Read({part_.offset, count});
      ARROW_RETURN_NOT_OK(ToArrow(bytes.status()));
      window_ = *std::move(bytes);
    } else {
      // Of varying sizes, one after the other: a heap would be full of holes between them.
      ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::ResizableBuffer> bytes,
                            arrow::AllocateResizableBuffer(count, DecodeScratchPool()));
      ARROW_ASSIGN_OR_RAISE(const int64_t got,
                            file_->ReadAt(part_.offset, count, bytes->mutable_data()));
      ARROW_RETURN_NOT_OK(bytes->Resize(got, /*shrink_to_fit=*/false));
      window_ = std::move(bytes);
    }
    if (window_->size() != count) return arrow::Status::IOError("the file ends within a page");
    part_.offset += count;
    part_.size_bytes -= count;
    return arrow::Status::OK();
  }

  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::shared_ptr<RangeFetch> fetch_;
  std::vector<ByteRange> parts_;
  int64_t window_bytes_;
  size_t next_ = 0;
  ByteRange part_;  ///< what of the current part lies behind the window
  std::shared_ptr<arrow::Buffer> window_;
  int64_t position_ = 0;  ///< in window_
  int64_t passed_ = 0;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::InputStream> MakePartStream(
    std::shared_ptr<arrow::io::RandomAccessFile> file, std::shared_ptr<RangeFetch> fetch,
    std::vector<ByteRange> parts, int64_t window_bytes) {
  return std::make_shared<PartStream>(std::move(file), std::move(fetch), std::move(parts),
                                      window_bytes);
}

std::vector<ByteRange> JoinParts(const std::vector<ByteRange>& parts) {
  std::vector<ByteRange> joined;
  for (const ByteRange& part : parts) {
    if (!joined.empty() && joined.back().offset + joined.back().size_bytes == part.offset) {
      joined.back().size_bytes += part.size_bytes;
    } else if (part.size_bytes > 0) {
      joined.push_back(part);
    }
  }
  return joined;
}

}  // namespace deltaic
