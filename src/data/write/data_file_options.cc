#include "data/write/data_file_options.h"

#include <arrow/util/compression.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "base/ascii.h"
#include "storage/arrow_status.h"

namespace deltaic {

namespace {

constexpr int64_t kMiB = 1024 * 1024;
constexpr int kMaxThreads = 256;

struct Codec {
  std::string_view name;
  arrow::Compression::type type;
  std::string_view suffix;  ///< as Spark and parquet-mr name it
};

// Parquet's "LZ4" is the framing Hadoop invented; what Arrow calls LZ4 is Parquet's LZ4_RAW.
constexpr Codec kCodecs[] = {
    {"none", arrow::Compression::UNCOMPRESSED, ""},
    {"uncompressed", arrow::Compression::UNCOMPRESSED, ""},
    {"snappy", arrow::Compression::SNAPPY, ".snappy"},
    {"gzip", arrow::Compression::GZIP, ".gz"},
    {"lz4", arrow::Compression::LZ4_HADOOP, ".lz4hadoop"},
    {"lz4_raw", arrow::Compression::LZ4, ".lz4raw"},
    {"zstd", arrow::Compression::ZSTD, ".zstd"},
    {"brotli", arrow::Compression::BROTLI, ".br"},
};

Status CheckNotNegative(std::string_view name, int64_t value) {
  if (value >= 0) return Status();
  return Status::InvalidArgument("data file option ", name, " is ", value,
                                 "; give a positive number, or 0 for the default");
}

Status CheckLevel(const std::string& name, arrow::Compression::type compression, int level) {
  using arrow::util::Codec;
  if (!Codec::SupportsCompressionLevel(compression)) {
    return Status::InvalidArgument("compression ", name, " has no levels; leave the level out");
  }
  DELTAIC_ASSIGN_OR_RETURN(const int least, Codec::MinimumCompressionLevel(compression));
  DELTAIC_ASSIGN_OR_RETURN(const int most, Codec::MaximumCompressionLevel(compression));
  if (level >= least && level <= most) return Status();
  return Status::InvalidArgument("compression ", name, " has levels from ", least, " to ", most,
                                 ", not ", level);
}

template <typename T>
void SetDefault(T& value, T fallback) {
  if (value == 0) value = fallback;
}

}  // namespace

Result<arrow::Compression::type> ParseCompression(const std::string& name) {
  const std::string lower = AsciiLower(name);
  for (const Codec& codec : kCodecs) {
    if (codec.name == lower) return codec.type;
  }
  return Status::InvalidArgument("unknown compression \"", name,
                                 "\"; use none, snappy, gzip, lz4, lz4_raw, zstd or brotli");
}

std::string DataFileSuffix(arrow::Compression::type compression) {
  for (const Codec& codec : kCodecs) {
    if (codec.type == compression) return Concat(codec.suffix, ".parquet");
  }
  return ".parquet";
}

Result<DataFileOptions> ResolveDataFileOptions(DataFileOptions options,
                                               const TableProperties& properties) {
  DELTAIC_RETURN_IF_ERROR(
      CheckNotNegative("target_file_size_bytes", options.target_file_size_bytes));
  DELTAIC_RETURN_IF_ERROR(CheckNotNegative("max_rows_per_group", options.max_rows_per_group));
  DELTAIC_RETURN_IF_ERROR(CheckNotNegative("data_page_size_bytes", options.data_page_size_bytes));
  DELTAIC_RETURN_IF_ERROR(CheckNotNegative("max_rows_per_page", options.max_rows_per_page));
  DELTAIC_RETURN_IF_ERROR(
      CheckNotNegative("dictionary_page_size_bytes", options.dictionary_page_size_bytes));
  DELTAIC_RETURN_IF_ERROR(CheckNotNegative("write_batch_rows", options.write_batch_rows));
  DELTAIC_RETURN_IF_ERROR(CheckNotNegative("threads", options.num_threads));
  DELTAIC_RETURN_IF_ERROR(CheckNotNegative("max_memory_bytes", options.max_memory_bytes));

  if (options.compression.empty()) options.compression = properties.parquet_compression_codec;
  if (options.compression.empty()) options.compression = "snappy";
  DELTAIC_ASSIGN_OR_RETURN(const auto compression, ParseCompression(options.compression));
  if (options.compression_level) {
    DELTAIC_RETURN_IF_ERROR(
        CheckLevel(options.compression, compression, *options.compression_level));
  }
  SetDefault(options.target_file_size_bytes, properties.target_file_size_bytes.value_or(0));
  SetDefault(options.target_file_size_bytes, 128 * kMiB);
  SetDefault(options.max_rows_per_group, int64_t{1024 * 1024});
  SetDefault(options.data_page_size_bytes, kMiB);
  SetDefault(options.max_rows_per_page, int64_t{20'000});
  SetDefault(options.dictionary_page_size_bytes, kMiB);
  SetDefault(options.write_batch_rows, int64_t{1024});
  SetDefault(options.max_memory_bytes, 512 * kMiB);
  SetDefault(options.num_threads, static_cast<int>(std::thread::hardware_concurrency()));
  options.num_threads = std::clamp(options.num_threads, 1, kMaxThreads);
  return options;
}

}  // namespace deltaic
