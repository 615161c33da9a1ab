#include "storage/read_ahead.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/fetch_buffer.h"
#include "storage/file_view.h"
#include "storage/work_ahead.h"

namespace deltaic {
namespace {

using BufferPtr = std::shared_ptr<arrow::Buffer>;
using FilePtr = std::shared_ptr<arrow::io::RandomAccessFile>;

/// Requests of one lane that are on their way at a time, where memory allows.
constexpr int64_t kMostAhead = 4;
/// More at once brings no bytes sooner, only later ones.
constexpr int64_t kMaxBlockBytes = 2 << 20;

/// Bytes that are on their way.
class Block {
 public:
  Block(const FilePtr& file, ByteRange range)
      : range_(range), ahead_([file, range]() -> Result<BufferPtr> {
          auto bytes = file->ReadAt(range.offset, range.size_bytes);
          DELTAIC_RETURN_IF_ERROR(AsStatus(bytes.status()));
          return *std::move(bytes);
        }) {}

  const ByteRange& range() const { return range_; }
  const Result<BufferPtr>& Get() {
    if (!bytes_) bytes_ = ahead_.Get();
    return *bytes_;
  }

 private:
  const ByteRange range_;
  WorkAhead<BufferPtr> ahead_;
  std::optional<Result<BufferPtr>> bytes_;
};

class Lane {
 public:
  Lane(FilePtr file, std::vector<ByteRange> ranges, int64_t block_bytes, int64_t depth)
      : file_(std::move(file)),
        ranges_(std::move(ranges)),
        block_bytes_(block_bytes),
        depth_(static_cast<size_t>(depth)) {}

  void Start() {
    const std::lock_guard lock(mutex_);
    Fill();
  }

  /// The bytes of `wanted`, which lies in one of the ranges, in parts; none where they are not
  /// ahead.
  Result<std::vector<BufferPtr>> Read(ByteRange wanted) {
    const std::lock_guard lock(mutex_);
    SkipTo(wanted.offset);
    std::vector<BufferPtr> parts;
    if (blocks_.empty() || blocks_.front()->range().offset > wanted.offset) return parts;
    int64_t size = 0;
    for (size_t i = 0; i < blocks_.size() && size < wanted.size_bytes; ++i) {
      Block& block = *blocks_[i];
      const int64_t begin = wanted.offset + size - block.range().offset;
      if (begin < 0) break;  // the next range
      DELTAIC_ASSIGN_OR_RETURN(const BufferPtr bytes, block.Get());
      const int64_t count = std::min(wanted.size_bytes - size, bytes->size() - begin);
      if (count <= 0) break;  // the file has ended
      parts.push_back(arrow::SliceBuffer(bytes, begin, count));
      size += count;
      read_to_ = std::max(read_to_, wanted.offset + size);
      Fill();
    }
    return parts;
  }

 private:
  /// Nothing before `offset` is asked for any more. What comes after it is kept though it was read:
  /// a reader whose window ends within a page goes back to where that begins.
  void SkipTo(int64_t offset) {
    while (!blocks_.empty() && blocks_.front()->range().end() <= offset) blocks_.pop_front();
    if (!blocks_.empty() || offset < position_) return Fill();
    while (next_ < ranges_.size() && ranges_[next_].end() <= offset) ++next_;
    if (next_ < ranges_.size()) position_ = std::max(ranges_[next_].offset, offset);
    Fill();
  }

  void Fill() {
    const auto unread = std::ranges::count_if(
        blocks_, [&](const auto& block) { return block->range().end() > read_to_; });
    for (auto ahead = static_cast<size_t>(unread); ahead < depth_ && next_ < ranges_.size();) {
      const ByteRange& range = ranges_[next_];
      position_ = std::max(position_, range.offset);
      const int64_t size = std::min(block_bytes_, range.end() - position_);
      if (size > 0) {
        blocks_.push_back(std::make_unique<Block>(file_, ByteRange{position_, size}));
        ++ahead;
      }
      position_ += std::max<int64_t>(size, 0);
      if (position_ >= range.end()) ++next_;
    }
  }

  const FilePtr file_;
  const std::vector<ByteRange> ranges_;  ///< ascending
  const int64_t block_bytes_;
  const size_t depth_;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Block>> blocks_;  ///< in order
  size_t next_ = 0;                            ///< the range of the block after these
  int64_t position_ = 0;                       ///< where that block begins
  int64_t read_to_ = 0;                        ///< the end of what was read
};

class AheadFile : public FileView {
 public:
  AheadFile(FilePtr inner, std::vector<std::vector<ByteRange>> lanes, int64_t max_bytes,
            const StoreTraits& traits)
      : FileView(std::move(inner)) {
    const int64_t share = max_bytes / std::max<int64_t>(1, static_cast<int64_t>(lanes.size()));
    const int64_t block = std::clamp(share / kMostAhead, traits.min_request_bytes, kMaxBlockBytes);
    const int64_t depth = std::clamp<int64_t>(share / block, 1, kMostAhead);
    int64_t left = max_bytes;
    for (std::vector<ByteRange>& ranges : lanes) {
      std::erase_if(ranges, [](const ByteRange& range) { return range.size_bytes <= 0; });
      for (const ByteRange& range : ranges) places_.push_back({range, lanes_.size()});
      lanes_.push_back(std::make_unique<Lane>(inner_, std::move(ranges), block, depth));
      // The others begin when they are read.
      if (left > 0) lanes_.back()->Start();
      left -= block * depth;
    }
    std::ranges::sort(places_, {}, [](const Place& place) { return place.range.offset; });
  }

  using FileView::ReadAt;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto parts, PartsOf({position, nbytes}));
    if (parts.empty()) return inner_->ReadAt(position, nbytes, out);
    return Join(parts, static_cast<uint8_t*>(out));
  }
  arrow::Result<BufferPtr> ReadAt(int64_t position, int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(const auto parts, PartsOf({position, nbytes}));
    if (parts.empty()) return inner_->ReadAt(position, nbytes);
    if (parts.size() == 1) return parts.front();
    int64_t size = 0;
    for (const BufferPtr& part : parts) size += part->size();
    ARROW_ASSIGN_OR_RAISE(const BufferPtr joined, AllocateFetchBuffer(size));
    Join(parts, joined->mutable_data());
    return joined;
  }

 private:
  /// None where they are not ahead.
  arrow::Result<std::vector<BufferPtr>> PartsOf(ByteRange wanted) const {
    Lane* const lane = LaneOf(wanted);
    if (lane == nullptr) return std::vector<BufferPtr>();
    Result<std::vector<BufferPtr>> parts = lane->Read(wanted);
    if (!parts.ok()) return ToArrow(parts.status());
    return *std::move(parts);
  }

  /// \return how many bytes.
  static int64_t Join(const std::vector<BufferPtr>& parts, uint8_t* out) {
    int64_t size = 0;
    for (const BufferPtr& part : parts) {
      std::memcpy(out + size, part->data(), static_cast<size_t>(part->size()));
      size += part->size();
    }
    return size;
  }

  struct Place {
    ByteRange range;
    size_t lane;
  };

  /// nullptr where no range holds them all.
  Lane* LaneOf(ByteRange wanted) const {
    auto after = std::ranges::upper_bound(places_, wanted.offset, {},
                                          [](const Place& place) { return place.range.offset; });
    if (after == places_.begin() || wanted.size_bytes <= 0) return nullptr;
    const Place& place = *std::prev(after);
    return wanted.end() <= place.range.end() ? lanes_[place.lane].get() : nullptr;
  }

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Place> places_;  ///< ascending
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> ReadAheadOf(FilePtr file,
                                                         std::vector<std::vector<ByteRange>> lanes,
                                                         int64_t max_bytes,
                                                         const StoreTraits& traits) {
  return std::make_shared<AheadFile>(std::move(file), std::move(lanes), max_bytes, traits);
}

}  // namespace deltaic
