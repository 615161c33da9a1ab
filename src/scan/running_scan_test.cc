#include "scan/running_scan.h"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "data/read/data_file_testing.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "storage/far_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::ParquetOptions;
using testing::StatusIs;
using testing::Type;
using testing::WriteParquet;

constexpr int kNumFiles = 12;
constexpr int64_t kRowsPerFile = 300;
constexpr int64_t kNumRows = kNumFiles * kRowsPerFile;

/// Files from a list; fails after them where told.
class ListedFiles : public FileSource {
 public:
  ListedFiles(std::vector<DataFile> files, Status at_end)
      : files_(std::move(files)), at_end_(std::move(at_end)) {}
  Result<std::optional<ScanFile>> Next() override {
    if (next_ < files_.size()) return std::optional(ScanFile{.file = files_[next_++]});
    DELTAIC_RETURN_IF_ERROR(at_end_);
    return std::optional<ScanFile>();
  }
  bool may_have_more() const override { return next_ < files_.size() || !at_end_.ok(); }
  FileListMetrics metrics() const override {
    FileListMetrics metrics;
    metrics.files_total = metrics.files_selected = static_cast<int64_t>(next_);
    return metrics;
  }

 private:
  std::vector<DataFile> files_;
  Status at_end_;
  size_t next_ = 0;
};

/// A listing that hangs until it is cancelled.
class HangingFiles : public FileSource {
 public:
  explicit HangingFiles(CancellationToken cancel) : cancel_(std::move(cancel)) {}
  Result<std::optional<ScanFile>> Next() override {
    while (!cancel_.cancelled()) std::this_thread::yield();
    return cancel_.Check();
  }
  bool may_have_more() const override { return true; }
  FileListMetrics metrics() const override { return {}; }

 private:
  CancellationToken cancel_;
};

/// Twelve files of three row groups; column id counts through all of them. They lie near, or (the
/// parameter) far away.
class RunningScanTest : public ::testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {
    store_ = MakeMemoryStore();
    ParquetOptions options;
    options.rows_per_group = 100;
    for (int64_t file = 0; file < kNumFiles; ++file) {
      arrow::Int64Builder ids;
      arrow::StringBuilder texts;
      for (int64_t i = 0; i < kRowsPerFile; ++i) {
        ASSERT_TRUE(ids.Append(file * kRowsPerFile + i).ok());
        ASSERT_TRUE(texts.Append("t" + std::to_string(i % 10)).ok());
      }
      const auto schema =
          arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8())});
      WriteParquet(*store_, Path(file),
                   *arrow::Table::Make(schema, {*ids.Finish(), *texts.Finish()}), options);
    }
  }
  static void TearDownTestSuite() { store_.reset(); }

  static std::string Path(int64_t file) { return "f" + std::to_string(file) + ".parquet"; }
  static std::vector<DataFile> Files() {
    std::vector<DataFile> files;
    for (int64_t file = 0; file < kNumFiles; ++file) files.push_back({Path(file)});
    return files;
  }
  static std::shared_ptr<DataReadSpec> Spec(const std::string& predicate = "") {
    auto spec = std::make_shared<DataReadSpec>();
    spec->table_schema =
        DataType::Struct({{"id", Type(TypeId::kLong)}, {"text", Type(TypeId::kString)}});
    spec->columns = {"id", "text"};
    if (!predicate.empty())
      spec->predicate = *BindPredicate(*ParsePredicate(predicate), *spec->table_schema);
    return spec;
  }

  static std::shared_ptr<ObjectStore> Store() {
    if (!GetParam()) return store_;
    return MakeFarStore(store_, std::make_shared<FarRequests>(), std::chrono::microseconds(100));
  }

  static Result<std::unique_ptr<Scan>> Start(ScanOptions options,
                                             std::vector<DataFile> files = Files(),
                                             const std::string& predicate = "",
                                             Status at_end = Status()) {
    return RunningScan::Start(
        Store(), Spec(predicate),
        [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> {
          return std::unique_ptr<FileSource>(
              std::make_unique<ListedFiles>(std::move(files), at_end));
        },
        std::move(options));
  }

  /// The ids of all batches until the end.
  static Result<std::vector<int64_t>> Ids(Scan& scan) {
    std::vector<int64_t> ids;
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan.Next());
      if (batch == nullptr) return ids;
      const auto& values = static_cast<const arrow::Int64Array&>(*batch->column(0));
      ids.insert(ids.end(), values.raw_values(), values.raw_values() + values.length());
    }
  }

  static std::vector<int64_t> AllIds() {
    std::vector<int64_t> ids(kNumRows);
    for (int64_t i = 0; i < kNumRows; ++i) ids[static_cast<size_t>(i)] = i;
    return ids;
  }

  static std::shared_ptr<ObjectStore> store_;
};
std::shared_ptr<ObjectStore> RunningScanTest::store_;

INSTANTIATE_TEST_SUITE_P(Stores, RunningScanTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Far" : "Near"; });

TEST_P(RunningScanTest, EveryRowComesOnceWhateverThreadsMemoryAndOrder) {
  for (const bool ordered : {false, true}) {
    for (const int num_threads : {1, 2, 5}) {
      for (const int64_t memory : {int64_t{1}, int64_t{2000}, int64_t{0}}) {
        for (const int64_t batch_rows : {30, 1000}) {
          SCOPED_TRACE(Concat(ordered, " ", num_threads, " ", memory, " ", batch_rows));
          ScanOptions options;
          options.ordered = ordered;
          options.num_threads = num_threads;
          options.max_memory_bytes = memory;
          options.batch_rows = batch_rows;
          const auto scan = Start(options);
          ASSERT_THAT(scan, IsOk());
          auto ids = Ids(**scan);
          ASSERT_THAT(ids, IsOk());
          if (!ordered) std::sort(ids->begin(), ids->end());
          ASSERT_EQ(*ids, AllIds());
          const ScanMetrics metrics = (*scan)->metrics();
          EXPECT_EQ(metrics.files.files_selected, kNumFiles);
          EXPECT_EQ(metrics.files_read, kNumFiles);
          EXPECT_EQ(metrics.row_groups_total, kNumFiles * 3);
          EXPECT_EQ(metrics.rows_read, kNumRows);
          EXPECT_EQ(metrics.rows_returned, kNumRows);
          EXPECT_GT(metrics.bytes_read, 0);
        }
      }
    }
  }
}

TEST_P(RunningScanTest, PredicateSkipsRowGroupsAndKeepsTheOrder) {
  ScanOptions options;
  options.ordered = true;
  options.num_threads = 3;
  const auto scan = Start(options, Files(), "id >= 250 AND id < 1010 AND text = 't3'");
  ASSERT_THAT(scan, IsOk());
  std::vector<int64_t> expected;
  for (int64_t id = 253; id < 1010; id += 10) expected.push_back(id);
  const auto ids = Ids(**scan);
  ASSERT_THAT(ids, IsOk());
  EXPECT_EQ(*ids, expected);
  EXPECT_EQ((*scan)->metrics().row_groups_skipped, kNumFiles * 3 - 9);
}

TEST_P(RunningScanTest, ChosenDictionariesHoldForAllFilesAlsoOfDistinctValues) {
  arrow::Int64Builder ids;
  arrow::StringBuilder texts;
  for (int64_t id = kNumRows; id < kNumRows + 200; ++id) {
    ASSERT_TRUE(ids.Append(id).ok());
    ASSERT_TRUE(texts.Append("t" + std::to_string(id)).ok());
  }
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8())});
  WriteParquet(*store_, "distinct", *arrow::Table::Make(schema, {*ids.Finish(), *texts.Finish()}));
  std::vector<DataFile> files = Files();
  files.push_back({"distinct"});
  ScanOptions options;
  options.ordered = true;
  options.dictionary_strings = true;
  const auto scan = Start(options, files);
  ASSERT_THAT(scan, IsOk());
  ASSERT_EQ((*scan)->schema()->field(1)->type()->ToString(),
            "dictionary<values=string, indices=int32, ordered=0>");
  int64_t id = 0;
  for (;;) {
    const auto batch = (*scan)->Next();
    ASSERT_THAT(batch, IsOk());
    if (*batch == nullptr) break;
    ASSERT_TRUE((*batch)->schema()->Equals(*(*scan)->schema()));
    const auto& encoded = static_cast<const arrow::DictionaryArray&>(*(*batch)->column(1));
    const auto& values = static_cast<const arrow::StringArray&>(*encoded.dictionary());
    for (int64_t i = 0; i < encoded.length(); ++i, ++id) {
      ASSERT_EQ(values.GetString(encoded.GetValueIndex(i)),
                Concat("t", id < kNumRows ? id % 10 : id));
    }
  }
  EXPECT_EQ(id, kNumRows + 200);
}

TEST_P(RunningScanTest, NoFilesGiveNoBatch) {
  for (const bool ordered : {false, true}) {
    ScanOptions options;
    options.ordered = ordered;
    const auto scan = Start(options, {});
    ASSERT_THAT(scan, IsOk());
    EXPECT_EQ(*(*scan)->Next(), nullptr);
    EXPECT_EQ(*(*scan)->Next(), nullptr);
    EXPECT_EQ((*scan)->schema()->ToString(), "id: int64\ntext: string");
  }
}

TEST_P(RunningScanTest, LimitGivesExactlySoManyRows) {
  for (const bool ordered : {false, true}) {
    for (const int64_t limit : {int64_t{0}, int64_t{1}, int64_t{99}, int64_t{100}, int64_t{450},
                                kNumRows, kNumRows + 1}) {
      for (const char* predicate : {"", "id >= 0 OR text = 'x'"}) {
        ScanOptions options;
        options.ordered = ordered;
        options.limit = limit;
        options.batch_rows = 70;
        options.num_threads = 2;
        const auto scan = Start(options, Files(), predicate);
        ASSERT_THAT(scan, IsOk());
        const auto ids = Ids(**scan);
        ASSERT_THAT(ids, IsOk());
        ASSERT_EQ(static_cast<int64_t>(ids->size()), std::min(limit, kNumRows));
        if (ordered) {
          for (size_t i = 0; i < ids->size(); ++i) ASSERT_EQ((*ids)[i], static_cast<int64_t>(i));
        }
        EXPECT_EQ((*scan)->metrics().rows_returned, std::min(limit, kNumRows));
      }
    }
  }
}

TEST_P(RunningScanTest, MissingFileAndListingErrorEndTheScanForGood) {
  for (const bool ordered : {false, true}) {
    for (int round = 0; round < 20; ++round) {
      ScanOptions options;
      options.ordered = ordered;
      options.num_threads = 1 + round % 4;
      options.max_memory_bytes = round % 2 == 0 ? 1 : 0;
      auto files = Files();
      files[static_cast<size_t>(round % kNumFiles)].path = "gone.parquet";
      const auto scan = Start(options, files);
      ASSERT_THAT(scan, IsOk());
      EXPECT_THAT(Ids(**scan),
                  StatusIs(StatusCode::kNotFound,
                           HasSubstr("data file gone.parquet of the table is missing")));
      EXPECT_THAT((*scan)->Next(), StatusIs(StatusCode::kNotFound));

      const auto broken_list =
          Start(options, Files(), "", Status::Corruption("the list is broken"));
      ASSERT_THAT(broken_list, IsOk());
      EXPECT_THAT(Ids(**broken_list), StatusIs(StatusCode::kCorruption, "the list is broken"));
    }
  }
}

TEST_P(RunningScanTest, DroppingAtAnyPointStopsTheWorkers) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    ScanOptions options;
    options.ordered = random() % 2 == 0;
    options.num_threads = 1 + static_cast<int>(random() % 4);
    options.max_memory_bytes = random() % 3 == 0 ? 0 : 1 + static_cast<int64_t>(random() % 5000);
    options.batch_rows = 20 + static_cast<int64_t>(random() % 200);
    if (random() % 4 == 0) options.limit = static_cast<int64_t>(random() % 500);
    const auto scan = Start(options, Files(), random() % 2 == 0 ? "" : "text = 't3'");
    ASSERT_THAT(scan, IsOk());
    const int batches = static_cast<int>(random() % 8);
    for (int i = 0; i < batches; ++i) ASSERT_THAT((*scan)->Next(), IsOk());
  }
}

TEST_P(RunningScanTest, CancellingEndsTheScan) {
  for (int round = 0; round < 30; ++round) {
    ScanOptions options;
    options.cancel = CancellationToken();
    options.max_memory_bytes = 1;
    options.num_threads = 2;
    options.ordered = round % 2 == 0;
    const auto scan = Start(options);
    ASSERT_THAT(scan, IsOk());
    for (int i = 0; i < round % 5; ++i) ASSERT_THAT((*scan)->Next(), IsOk());
    options.cancel.Cancel();
    EXPECT_THAT((*scan)->Next(), StatusIs(StatusCode::kCancelled));
    EXPECT_THAT((*scan)->Next(), StatusIs(StatusCode::kCancelled));
  }
}

TEST_P(RunningScanTest, CancellingWakesAConsumerOfAHangingListing) {
  ScanOptions options;
  options.cancel = CancellationToken();
  const auto scan = RunningScan::Start(
      Store(), Spec(),
      [](CancellationToken cancel) -> Result<std::unique_ptr<FileSource>> {
        return std::unique_ptr<FileSource>(std::make_unique<HangingFiles>(std::move(cancel)));
      },
      options);
  ASSERT_THAT(scan, IsOk());
  std::thread canceller([&] { options.cancel.Cancel(); });
  EXPECT_THAT((*scan)->Next(), StatusIs(StatusCode::kCancelled));
  canceller.join();
}

TEST_P(RunningScanTest, OptionsOutOfRangeAreRefused) {
  const auto expect = [](const std::function<void(ScanOptions&)>& change,
                         const std::string& message) {
    ScanOptions options;
    change(options);
    EXPECT_THAT(Start(options), StatusIs(StatusCode::kInvalidArgument, HasSubstr(message)));
  };
  expect([](ScanOptions& o) { o.limit = -1; }, "limit is -1");
  expect([](ScanOptions& o) { o.batch_rows = 0; }, "batch_rows is 0");
  expect([](ScanOptions& o) { o.num_threads = -1; }, "num_threads is -1");
  expect([](ScanOptions& o) { o.num_threads = 100'000; }, "num_threads is 100000");
  expect([](ScanOptions& o) { o.max_memory_bytes = -1; }, "max_memory_bytes is -1");
}

}  // namespace
}  // namespace deltaic
