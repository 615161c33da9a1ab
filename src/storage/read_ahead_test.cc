#include "storage/read_ahead.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <string>

#include "storage/far_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;

class ReadAhead : public ::testing::Test {
 protected:
  static constexpr int64_t kBytes = 3 << 20;

  ReadAhead() {
    bytes_.resize(kBytes);
    for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>(i * 7 + i / 251);
    EXPECT_THAT(memory_->Put("f", bytes_), IsOk());
    file_ = *far_->Open("f", kBytes);
  }

  /// Reads [begin, end) in steps, and compares.
  void ReadThrough(arrow::io::RandomAccessFile& file, int64_t begin, int64_t end, int64_t step) {
    for (int64_t at = begin; at < end; at += step) {
      const int64_t count = std::min(step, end - at);
      const auto got = file.ReadAt(at, count);
      ASSERT_TRUE(got.ok()) << got.status();
      ASSERT_EQ((*got)->ToString(),
                bytes_.substr(static_cast<size_t>(at), static_cast<size_t>(count)))
          << at;
    }
  }

  std::string bytes_;
  const std::shared_ptr<FarRequests> requests_ = std::make_shared<FarRequests>();
  const std::shared_ptr<ObjectStore> memory_ = MakeMemoryStore("memory://ahead");
  const std::shared_ptr<ObjectStore> far_ =
      MakeFarStore(memory_, requests_, std::chrono::milliseconds(5));
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
};

TEST_F(ReadAhead, GivesTheSameBytesInWhateverSteps) {
  for (const int64_t step : {1000, 65'536, 100'001, 700'000}) {
    const auto ahead = ReadAheadOf(
        file_, {{{4, 1'000'000}, {1'200'000, 500'000}}, {{2'000'000, 900'000}}}, 1 << 20, {});
    ReadThrough(*ahead, 4, 1'000'004, step);
    ReadThrough(*ahead, 2'000'000, 2'900'000, step);
    ReadThrough(*ahead, 1'200'000, 1'700'000, step);
  }
}

TEST_F(ReadAhead, RequestsRunSideBySideAndNoByteComesTwice) {
  const auto ahead = ReadAheadOf(file_, {{{0, kBytes}}}, 1 << 20, {});
  ReadThrough(*ahead, 0, kBytes, 10'000);
  int64_t sum = 0;
  for (const FarRequest& request : requests_->all()) sum += request.num_bytes;
  EXPECT_EQ(sum, kBytes);
  EXPECT_EQ(requests_->Count(FarRequest::Kind::kGet), 12) << "of 256 KiB";
  EXPECT_LE(requests_->most_at_once(), 4);
}

TEST_F(ReadAhead, SkippingAndGoingBackAreRight) {
  const auto ahead = ReadAheadOf(file_, {{{0, kBytes}}}, 1 << 20, {});
  ReadThrough(*ahead, 0, 1000, 100);
  ReadThrough(*ahead, 2'500'000, 2'600'000, 33'333);
  ReadThrough(*ahead, 10, 2000, 77);
  ReadThrough(*ahead, 2'600'000, kBytes, 50'000);
}

TEST_F(ReadAhead, GoingBackWithinTheLastReadAsksForNothing) {
  const auto ahead = ReadAheadOf(file_, {{{0, kBytes}}}, 1 << 20, {});
  // As windows do that end within a page.
  for (int64_t at = 0; at + 300'000 <= kBytes; at += 250'000) {
    const auto got = ahead->ReadAt(at, 300'000);
    ASSERT_TRUE(got.ok());
    ASSERT_EQ((*got)->ToString(), bytes_.substr(static_cast<size_t>(at), 300'000));
  }
  int64_t sum = 0;
  for (const FarRequest& request : requests_->all()) sum += request.num_bytes;
  EXPECT_LE(sum, kBytes);
}

TEST_F(ReadAhead, ManyLanesBeginFewAtATime) {
  std::vector<std::vector<ByteRange>> lanes;
  for (int64_t i = 0; i < 40; ++i) lanes.push_back({{i * 70'000, 70'000}});
  const auto ahead = ReadAheadOf(file_, lanes, 512 << 10, {});
  EXPECT_LE(requests_->all().size(), 8u);
  for (int64_t i = 0; i < 40; ++i) ReadThrough(*ahead, i * 70'000, (i + 1) * 70'000, 7000);
}

TEST_F(ReadAhead, ErrorsOfTheFileAreGiven) {
  const auto absent = *far_->Open("absent", kBytes);
  const auto ahead = ReadAheadOf(absent, {{{0, kBytes}}}, 1 << 20, {});
  EXPECT_FALSE(ahead->ReadAt(0, 100).ok());
  EXPECT_FALSE(ahead->ReadAt(100, 100).ok());
}

}  // namespace
}  // namespace deltaic
