// The round trips of what users do, at a store far away.

#include <arrow/api.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <random>

#include "data/read/data_file_testing.h"
#include "ops/write.h"
#include "scan/running_scan.h"
#include "storage/far_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::Rows;
using testing::Type;
using testing::WriteParquet;
using Kind = FarRequest::Kind;

class RoundTrips : public ::testing::Test {
 protected:
  /// How many round trips `work` waits for. A thread that the machine holds up makes them more,
  /// nothing makes them fewer, so the least of several runs counts.
  int Count(const std::function<Status()>& work) {
    int least = std::numeric_limits<int>::max();
    for (int run = 0; run < 5; ++run) {
      requests_->Reset();
      const Status status = work();
      EXPECT_THAT(status, IsOk());
      if (requests_->rounds() < least) {
        least = requests_->rounds();
        requests_of_least_ = requests_->all();
      }
    }
    return least;
  }

  /// The requests of the run that counted, for messages.
  std::string Requests() const {
    std::string text;
    for (const FarRequest& request : requests_of_least_) {
      const char* const kinds[] = {"GET", "HEAD", "LIST", "PUT", "DELETE"};
      text += Concat("\n  ", request.round, ": ", kinds[static_cast<int>(request.kind)], ' ',
                     request.path, " from ", request.offset, ", ", request.num_bytes, " bytes");
    }
    return text;
  }

  Result<WriteResult> Append(const std::vector<int64_t>& ids, SnapshotPtr base = nullptr) {
    WriteOptions options{.mode = SaveMode::kAppend};
    options.files.num_threads = 1;
    return WriteTable(near_, std::move(base), Rows(ids), options);
  }

  std::shared_ptr<Table> FarTable() const { return Table::Of(far_); }

  /// Reads these columns of a snapshot.
  static Status ReadAll(const SnapshotPtr& snapshot, std::vector<std::string> columns) {
    ScanOptions options;
    options.columns = std::move(columns);
    options.num_threads = 2;
    DELTAIC_ASSIGN_OR_RETURN(const auto scan, Scan::Make(snapshot, std::move(options)));
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan->Next());
      if (batch == nullptr) return Status();
    }
  }

  /// Rows of one long column of noise, which no codec makes shorter, and a few short ones.
  std::shared_ptr<arrow::Table> WideRows(int64_t num_rows) {
    std::mt19937_64 random(3);
    arrow::FieldVector fields;
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (int column = 0; column < 4; ++column) {
      arrow::Int64Builder builder;
      for (int64_t row = 0; row < num_rows; ++row)
        EXPECT_TRUE(builder.Append(static_cast<int64_t>(random())).ok());
      fields.push_back(arrow::field(Concat("c", column), arrow::int64()));
      columns.push_back(*builder.Finish());
    }
    return arrow::Table::Make(arrow::schema(std::move(fields)), std::move(columns));
  }

  const std::shared_ptr<FarRequests> requests_ = std::make_shared<FarRequests>();
  const std::shared_ptr<ObjectStore> store_ = MakeMemoryStore("memory://t");
  const std::shared_ptr<Table> near_ = Table::Of(store_);
  const std::shared_ptr<ObjectStore> far_ =
      MakeFarStore(store_, requests_, std::chrono::milliseconds(20));
  std::vector<FarRequest> requests_of_least_;
};

TEST_F(RoundTrips, OpeningIsTheHintWithTheListingAndWhatItNames) {
  for (int64_t i = 0; i < 5; ++i) ASSERT_THAT(Append({i}), IsOk());
  EXPECT_EQ(Count([&] { return FarTable()->Load().status(); }), 2) << Requests();
  ASSERT_THAT(WriteCheckpoint(**near_->Load()), IsOk());
  ASSERT_THAT(Append({5}), IsOk());
  EXPECT_EQ(Count([&] { return FarTable()->Load().status(); }), 2) << Requests();
}

TEST_F(RoundTrips, ListingTheFilesOfAnOpenTableIsNone) {
  for (int64_t i = 0; i < 5; ++i) ASSERT_THAT(Append({i}), IsOk());
  const auto snapshot = FarTable()->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(Count([&] {
              EXPECT_EQ(testing::LiveFiles(*snapshot).size(), 5u);
              return Status();
            }),
            0)
      << Requests();
}

TEST_F(RoundTrips, RefreshingWithNothingNewIsOne) {
  ASSERT_THAT(Append({1}), IsOk());
  const auto table = FarTable();
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(Count([&] { return table->Refresh(*snapshot).status(); }), 1) << Requests();
}

TEST_F(RoundTrips, AppendingToASnapshotAtHandIsTheDataWithACheckAndTheCommit) {
  ASSERT_THAT(Append({1}), IsOk());
  const auto table = FarTable();
  auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  const auto append = [&]() -> Status {
    WriteOptions options{.mode = SaveMode::kAppend};
    options.files.num_threads = 1;
    DELTAIC_ASSIGN_OR_RETURN(WriteResult written, WriteTable(table, *snapshot, Rows({2}), options));
    snapshot = std::move(written.snapshot);
    return Status();
  };
  EXPECT_EQ(Count(append), 2) << Requests();
}

TEST_F(RoundTrips, ReadingSmallFilesIsOne) {
  for (int64_t i = 0; i < 3; ++i) ASSERT_THAT(Append({i}), IsOk());
  const auto snapshot = FarTable()->Load();
  ASSERT_THAT(snapshot, IsOk());
  // The commits are in memory by then, so that the files' list asks for nothing.
  ASSERT_THAT(ReadAll(*snapshot, {"id"}), IsOk());
  EXPECT_EQ(Count([&] { return ReadAll(*snapshot, {"id"}); }), 1) << Requests();
  EXPECT_EQ(requests_of_least_.size(), 3u) << "one for each file" << Requests();
}

TEST_F(RoundTrips, ReadingALargeFileIsTwo) {
  const auto rows = WideRows(400'000);
  arrow::TableBatchReader reader(*rows);
  WriteOptions options{.mode = SaveMode::kAppend};
  options.files.num_threads = 1;
  ASSERT_THAT(WriteTable(near_, nullptr,
                         *arrow::RecordBatchReader::Make(*reader.ToRecordBatches(), rows->schema()),
                         options),
              IsOk());
  const auto snapshot = FarTable()->Load();
  ASSERT_THAT(snapshot, IsOk());
  ASSERT_THAT(ReadAll(*snapshot, {"c1"}), IsOk());
  EXPECT_EQ(Count([&] { return ReadAll(*snapshot, {"c1"}); }), 2) << Requests();
  int64_t column_bytes = 0;
  for (const FarRequest& request : requests_of_least_) column_bytes += request.num_bytes;
  EXPECT_LE(column_bytes, 5 << 20) << "no other column" << Requests();

  EXPECT_EQ(Count([&] { return ReadAll(*snapshot, {"c0", "c1", "c2", "c3"}); }), 2) << Requests();
  EXPECT_LE(requests_of_least_.size(), 5u) << Requests();
  for (const FarRequest& request : requests_of_least_)
    EXPECT_LE(request.num_bytes, kFarStore.max_request_bytes) << Requests();
}

TEST_F(RoundTrips, FootersOfManyFilesComeTogether) {
  // More files than threads that decode, larger than what is read with a footer.
  constexpr int kFiles = 12;
  const auto rows = WideRows(50'000);
  std::vector<DataFile> files;
  for (int i = 0; i < kFiles; ++i) {
    files.push_back({Concat(i, ".parquet")});
    WriteParquet(*store_, files.back().path, *rows);
    files.back().size_bytes = store_->Stat(files.back().path)->size_bytes;
  }
  const auto scan = [&] {
    auto spec = std::make_shared<DataReadSpec>();
    spec->table_schema = DataType::Struct({{"c1", Type(TypeId::kLong)}});
    spec->columns = {"c1"};
    ScanOptions options;
    options.num_threads = 1;
    std::vector<ScanFile> listed;
    for (const DataFile& file : files) listed.push_back({.file = file});
    auto running = RunningScan::Start(
        far_, spec,
        [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> {
          return TheseFiles(std::move(listed));
        },
        options);
    DELTAIC_RETURN_IF_ERROR(running.status());
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, (*running)->Next());
      if (batch == nullptr) return Status();
    }
  };
  EXPECT_LE(Count(scan), 4) << Requests();
}

TEST_F(RoundTrips, DeletionVectorComesBesideTheFooter) {
  const auto rows = WideRows(50'000);
  WriteParquet(*store_, "a.parquet", *rows);
  const auto size = store_->Stat("a.parquet")->size_bytes;
  DeletionVector deleted;
  deleted.AddRange(10, 20);
  std::string vectors;
  const std::string bytes = deleted.Serialize();
  const int32_t offset = AppendToDeletionVectorFile(vectors, bytes);
  ASSERT_THAT(store_->Put("v.bin", vectors), IsOk());
  DataFile file{"a.parquet", size};
  file.deletion_vector =
      DeletionVectorDescriptor{.storage_type = "p",
                               .path_or_inline_dv = "v.bin",
                               .offset = offset,
                               .size_in_bytes = static_cast<int32_t>(bytes.size()),
                               .cardinality = 10};
  const auto spec = std::make_shared<DataReadSpec>();
  spec->table_schema = DataType::Struct({{"c1", Type(TypeId::kLong)}});
  spec->columns = {"c1"};
  int64_t num_rows = 0;
  EXPECT_EQ(Count([&]() -> Status {
              DELTAIC_ASSIGN_OR_RETURN(auto reader, testing::DataFileRows::Open(far_, spec, file));
              num_rows = 0;
              for (;;) {
                DELTAIC_ASSIGN_OR_RETURN(const auto batch, reader.Next());
                if (batch == nullptr) return Status();
                num_rows += batch->num_rows();
              }
            }),
            2)
      << Requests();
  EXPECT_EQ(num_rows, 50'000 - 10);
}

}  // namespace
}  // namespace deltaic
