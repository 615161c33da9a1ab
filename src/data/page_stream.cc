#include "data/page_stream.h"

#include <arrow/buffer.h>
#include <arrow/io/caching.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace deltaic {
namespace {

constexpr int64_t kReadBytes = 256 << 10;

class PartStream : public arrow::io::InputStream {
 public:
  PartStream(std::shared_ptr<arrow::io::RandomAccessFile> file,
             std::shared_ptr<arrow::io::internal::ReadRangeCache> cache,
             std::vector<ByteRange> parts)
      : file_(std::move(file)), cache_(std::move(cache)), parts_(std::move(parts)) {}

  arrow::Status Close() override {
    closed_ = true;
    part_ = nullptr;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return passed_; }

  arrow::Result<std::string_view> Peek(int64_t num_bytes) override {
    ARROW_RETURN_NOT_OK(Load());
    if (part_ == nullptr) return std::string_view();
    return std::string_view(reinterpret_cast<const char*>(part_->data()) + position_,
                            static_cast<size_t>(std::min(num_bytes, part_->size() - position_)));
  }
  arrow::Result<int64_t> Read(int64_t num_bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, Read(num_bytes));
    if (bytes->size() > 0) std::memcpy(out, bytes->data(), static_cast<size_t>(bytes->size()));
    return bytes->size();
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t num_bytes) override {
    ARROW_RETURN_NOT_OK(Load());
    if (part_ == nullptr) return std::make_shared<arrow::Buffer>(nullptr, 0);
    const int64_t count = std::min(num_bytes, part_->size() - position_);
    auto bytes = arrow::SliceBuffer(part_, position_, count);
    position_ += count;
    passed_ += count;
    return bytes;
  }

 private:
  /// Makes sure that there is a part with bytes left, unless all were read.
  arrow::Status Load() {
    while (part_ == nullptr || position_ == part_->size()) {
      part_ = nullptr;
      if (next_ == parts_.size()) return arrow::Status::OK();
      const ByteRange& part = parts_[next_++];
      position_ = 0;
      if (cache_ != nullptr) {
        ARROW_ASSIGN_OR_RAISE(part_, cache_->Read({part.offset, part.size_bytes}));
      } else {
        ARROW_ASSIGN_OR_RAISE(part_, file_->ReadAt(part.offset, part.size_bytes));
      }
    }
    return arrow::Status::OK();
  }

  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::shared_ptr<arrow::io::internal::ReadRangeCache> cache_;
  std::vector<ByteRange> parts_;
  size_t next_ = 0;
  std::shared_ptr<arrow::Buffer> part_;
  int64_t position_ = 0;  ///< in part_
  int64_t passed_ = 0;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::InputStream> MakePartStream(
    std::shared_ptr<arrow::io::RandomAccessFile> file,
    std::shared_ptr<arrow::io::internal::ReadRangeCache> cache, std::vector<ByteRange> parts) {
  return std::make_shared<PartStream>(std::move(file), std::move(cache), std::move(parts));
}

std::vector<ByteRange> JoinParts(const std::vector<ByteRange>& parts) {
  std::vector<ByteRange> joined;
  for (const ByteRange& part : parts) {
    if (!joined.empty() && joined.back().offset + joined.back().size_bytes == part.offset &&
        joined.back().size_bytes + part.size_bytes <= kReadBytes) {
      joined.back().size_bytes += part.size_bytes;
    } else if (part.size_bytes > 0) {
      joined.push_back(part);
    }
  }
  return joined;
}

}  // namespace deltaic
