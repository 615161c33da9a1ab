// Writes rows shaped like TPC-H's lineitem as data files, and the same rows with Arrow's Parquet
// writer.

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <benchmark/benchmark.h>
#include <parquet/arrow/writer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "data/values/type_mapping.h"
#include "data/write/data_file_writer.h"
#include "storage/open_store.h"

namespace deltaic {
namespace {

constexpr int64_t kBatchRows = 64 * 1024;
constexpr int64_t kBatches = 16;

/// A folder that is gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "deltaic-bench-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

StructField Field(std::string name, DataTypePtr type) {
  return StructField{std::move(name), std::move(type), true, {}};
}

SchemaPtr LineitemSchema() {
  const auto number = DataType::Primitive(TypeId::kLong);
  const auto integer = DataType::Primitive(TypeId::kInteger);
  const auto money = DataType::Decimal(15, 2);
  const auto text = DataType::Primitive(TypeId::kString);
  const auto date = DataType::Primitive(TypeId::kDate);
  return DataType::Struct(
      {Field("l_orderkey", number), Field("l_partkey", number), Field("l_suppkey", number),
       Field("l_linenumber", integer), Field("l_quantity", money), Field("l_extendedprice", money),
       Field("l_discount", money), Field("l_tax", money), Field("l_returnflag", text),
       Field("l_linestatus", text), Field("l_shipdate", date), Field("l_commitdate", date),
       Field("l_receiptdate", date), Field("l_shipinstruct", text), Field("l_shipmode", text),
       Field("l_comment", text)});
}

std::shared_ptr<arrow::Array> RandomColumn(const arrow::Field& field, int64_t first_row,
                                           std::mt19937_64& random) {
  const std::string& name = field.name();
  auto below = [&](uint64_t n) { return static_cast<int64_t>(random() % n); };
  auto pick = [&](std::initializer_list<std::string_view> values) {
    return values.begin()[random() % values.size()];
  };
  static const char* const kWords[] = {"carefully", "final",   "requests", "sleep", "quickly",
                                       "ironic",    "deposit", "above",    "the",   "furiously"};
  std::unique_ptr<arrow::ArrayBuilder> builder;
  PARQUET_THROW_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), field.type(), &builder));
  for (int64_t i = 0; i < kBatchRows; ++i) {
    if (auto* longs = dynamic_cast<arrow::Int64Builder*>(builder.get())) {
      const int64_t value = name == "l_orderkey"  ? (first_row + i) / 4
                            : name == "l_partkey" ? below(2'000'000)
                                                  : below(100'000);
      PARQUET_THROW_NOT_OK(longs->Append(value));
    } else if (auto* ints = dynamic_cast<arrow::Int32Builder*>(builder.get())) {
      PARQUET_THROW_NOT_OK(ints->Append(static_cast<int32_t>(i % 4 + 1)));
    } else if (auto* dates = dynamic_cast<arrow::Date32Builder*>(builder.get())) {
      PARQUET_THROW_NOT_OK(dates->Append(static_cast<int32_t>(8000 + below(2500))));
    } else if (auto* decimals = dynamic_cast<arrow::Decimal128Builder*>(builder.get())) {
      const int64_t value = name == "l_extendedprice" ? below(10'000'000)
                            : name == "l_quantity"    ? 100 * below(50)
                                                      : below(11);
      PARQUET_THROW_NOT_OK(decimals->Append(arrow::Decimal128(value)));
    } else if (auto* texts = dynamic_cast<arrow::StringBuilder*>(builder.get())) {
      std::string value;
      if (name == "l_comment") {
        const int64_t length = 10 + below(34);
        while (static_cast<int64_t>(value.size()) < length) value += Concat(kWords[below(10)], " ");
        value.resize(static_cast<size_t>(length));
      } else if (name == "l_shipinstruct") {
        value = pick({"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"});
      } else if (name == "l_shipmode") {
        value = pick({"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"});
      } else {
        value = pick({"A", "N", "R"});
      }
      PARQUET_THROW_NOT_OK(texts->Append(value));
    }
  }
  return *builder->Finish();
}

/// kBatches of kBatchRows, made once.
const std::vector<std::shared_ptr<arrow::RecordBatch>>& Lineitem() {
  static const auto batches = [] {
    const auto schema = *ToArrowSchema(*LineitemSchema());
    std::mt19937_64 random(1);
    std::vector<std::shared_ptr<arrow::RecordBatch>> made;
    for (int64_t b = 0; b < kBatches; ++b) {
      arrow::ArrayVector columns;
      for (const auto& field : schema->fields()) {
        columns.push_back(RandomColumn(*field, b * kBatchRows, random));
      }
      made.push_back(arrow::RecordBatch::Make(schema, kBatchRows, std::move(columns)));
    }
    return made;
  }();
  return batches;
}

/// The input is `range(0)` times the same 1,048,576 rows.
template <typename Write>
Status ForEachBatch(benchmark::State& state, Write write) {
  for (int64_t round = 0; round < state.range(0); ++round) {
    for (const auto& batch : Lineitem()) DELTAIC_RETURN_IF_ERROR(write(batch));
  }
  state.SetItemsProcessed(state.items_processed() + state.range(0) * kBatches * kBatchRows);
  return Status();
}

void ReportPeakMemory(benchmark::State& state) {
  // The peak of the process: to compare, run one benchmark a process.
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.counters["arrow_peak_MiB"] =
      static_cast<double>(arrow::default_memory_pool()->max_memory()) / (1 << 20);
}

void WriteDeltaic(benchmark::State& state, std::vector<std::string> partition_columns) {
  Lineitem();
  for (auto _ : state) {
    TemporaryFolder folder;
    DataFileTarget target;
    target.schema = LineitemSchema();
    target.partition_columns = partition_columns;
    auto run = [&]() -> Status {
      DELTAIC_ASSIGN_OR_RETURN(auto store, OpenObjectStore(folder.path(), {}));
      DELTAIC_ASSIGN_OR_RETURN(auto writer, DataFileWriter::Make(store, target, {}));
      DELTAIC_RETURN_IF_ERROR(
          ForEachBatch(state, [&](const auto& batch) { return writer->Write(batch); }));
      DELTAIC_ASSIGN_OR_RETURN(const auto result, writer->Finish());
      state.counters["files"] = static_cast<double>(result.adds.size());
      state.counters["MB"] = static_cast<double>(result.num_bytes) / 1e6;
      return Status();
    };
    const Status status = run();
    if (!status.ok()) state.SkipWithError(status.ToString().c_str());
  }
  ReportPeakMemory(state);
}

/// One file; columns of a batch are encoded in parallel, as pyarrow.parquet does with use_threads.
void WriteArrow(benchmark::State& state) {
  Lineitem();
  for (auto _ : state) {
    TemporaryFolder folder;
    auto run = [&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(auto out,
                            arrow::io::FileOutputStream::Open(folder.path() + "/file.parquet"));
      parquet::WriterProperties::Builder properties;
      properties.compression(arrow::Compression::SNAPPY);
      auto arrow_properties =
          parquet::ArrowWriterProperties::Builder().set_use_threads(true)->build();
      ARROW_ASSIGN_OR_RAISE(auto writer, parquet::arrow::FileWriter::Open(
                                             *Lineitem()[0]->schema(), arrow::default_memory_pool(),
                                             out, properties.build(), arrow_properties));
      Status status = ForEachBatch(state, [&](const auto& batch) -> Status {
        const arrow::Status written = writer->WriteRecordBatch(*batch);
        return written.ok() ? Status() : Status::Io(written.ToString());
      });
      if (!status.ok()) return arrow::Status::IOError(status.message());
      ARROW_RETURN_NOT_OK(writer->Close());
      ARROW_ASSIGN_OR_RAISE(const int64_t size, out->Tell());
      state.counters["MB"] = static_cast<double>(size) / 1e6;
      return out->Close();
    };
    const arrow::Status status = run();
    if (!status.ok()) state.SkipWithError(status.ToString().c_str());
  }
  ReportPeakMemory(state);
}

BENCHMARK_CAPTURE(WriteDeltaic, unpartitioned, {})
    ->Arg(4)
    ->Arg(12)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(WriteDeltaic, by_shipdate, {"l_shipdate"})
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();
BENCHMARK(WriteArrow)
    ->Arg(4)
    ->Arg(12)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace deltaic
