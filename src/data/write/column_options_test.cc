#include "data/write/column_options.h"

#include <gmock/gmock.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <set>

#include "data/write/data_write_test_support.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::BatchFor;
using testing::Field;
using testing::IsOk;
using testing::OpenParquet;
using testing::StatusIs;
using testing::Target;
using testing::Type;
using testing::WriteBatches;

/// id long, name string, real double, flag boolean, s struct of {x long, y string}, l array of
/// long.
DataFileTarget MixedTarget() {
  return Target({Field("id", Type(TypeId::kLong)), Field("name", Type(TypeId::kString)),
                 Field("real", Type(TypeId::kDouble)), Field("flag", Type(TypeId::kBoolean)),
                 Field("s", DataType::Struct({Field("x", Type(TypeId::kLong)),
                                              Field("y", Type(TypeId::kString))})),
                 Field("l", DataType::Array(Type(TypeId::kLong), true))});
}

enum Leaf { kId, kName, kReal, kFlag, kSX, kSY, kL };

struct Written {
  std::shared_ptr<ObjectStore> store;
  Add add;
  std::shared_ptr<parquet::FileMetaData> metadata;

  std::unique_ptr<parquet::ColumnChunkMetaData> chunk(Leaf leaf) const {
    return metadata->RowGroup(0)->ColumnChunk(leaf);
  }
  bool HasEncoding(Leaf leaf, parquet::Encoding::type encoding) const {
    const auto encodings = chunk(leaf)->encodings();
    return std::find(encodings.begin(), encodings.end(), encoding) != encodings.end();
  }
  bool HasDictionary(Leaf leaf) const { return chunk(leaf)->has_dictionary_page(); }
  bool HasBloomFilter(Leaf leaf) const { return chunk(leaf)->bloom_filter_offset().has_value(); }
  std::set<int> PageIndexes() const {
    std::set<int> out;
    for (int i = 0; i < metadata->num_columns(); ++i) {
      if (metadata->RowGroup(0)->ColumnChunk(i)->GetColumnIndexLocation()) out.insert(i);
    }
    return out;
  }
};

Result<Written> Write(const DataFileOptions& options) {
  const DataFileTarget target = MixedTarget();
  const auto batch =
      BatchFor(target, {"[1,2,2]", R"(["a","b","b"])", "[1.5,2.5,2.5]", "[true,false,false]",
                        R"([{"x":1,"y":"a"},{"x":2,"y":"b"},{"x":2,"y":"b"}])", "[[1],[2],[2]]"});
  auto store = MakeMemoryStore();
  DELTAIC_ASSIGN_OR_RETURN(auto result, WriteBatches(store, target, options, {batch}));
  return Written{store, result.adds[0], OpenParquet(*store, result.adds[0])->metadata()};
}

TEST(ColumnOptions, DictionariesAreSetByColumn) {
  DataFileOptions options;
  options.columns["name"].dictionary = false;
  auto some = Write(options);
  ASSERT_THAT(some, IsOk());
  EXPECT_TRUE(some->HasDictionary(kId));
  EXPECT_FALSE(some->HasDictionary(kName));

  options = DataFileOptions();
  options.dictionary = false;
  options.columns["s"].dictionary = true;
  options.columns["s.y"].dictionary = false;
  auto nested = Write(options);
  ASSERT_THAT(nested, IsOk());
  EXPECT_FALSE(nested->HasDictionary(kId));
  EXPECT_TRUE(nested->HasDictionary(kSX));
  EXPECT_FALSE(nested->HasDictionary(kSY)) << "the innermost setting counts";
}

TEST(ColumnOptions, EncodingsTakeThePlaceOfDictionaries) {
  DataFileOptions options;
  options.columns["id"].encoding = "DELTA_BINARY_PACKED";
  options.columns["name"].encoding = "delta_byte_array";
  options.columns["real"].encoding = "byte_stream_split";
  options.columns["flag"].encoding = "rle";
  options.columns["l"].encoding = "delta_binary_packed";
  auto written = Write(options);
  ASSERT_THAT(written, IsOk());
  EXPECT_TRUE(written->HasEncoding(kId, parquet::Encoding::DELTA_BINARY_PACKED));
  EXPECT_TRUE(written->HasEncoding(kName, parquet::Encoding::DELTA_BYTE_ARRAY));
  EXPECT_TRUE(written->HasEncoding(kReal, parquet::Encoding::BYTE_STREAM_SPLIT));
  EXPECT_TRUE(written->HasEncoding(kFlag, parquet::Encoding::RLE));
  EXPECT_TRUE(written->HasEncoding(kL, parquet::Encoding::DELTA_BINARY_PACKED));
  EXPECT_FALSE(written->HasDictionary(kId));
  EXPECT_TRUE(written->HasDictionary(kSX));
}

TEST(ColumnOptions, DefaultsGoToColumnsWhoseTypeHasThem) {
  DataFileOptions options;
  options.default_column.encoding = "delta_binary_packed";
  options.default_column.bloom_filter = true;
  options.columns["real"].bloom_filter = false;
  auto written = Write(options);
  ASSERT_THAT(written, IsOk());
  EXPECT_TRUE(written->HasEncoding(kId, parquet::Encoding::DELTA_BINARY_PACKED));
  EXPECT_TRUE(written->HasDictionary(kName)) << "a text has no such encoding";
  EXPECT_TRUE(written->HasBloomFilter(kName));
  EXPECT_FALSE(written->HasBloomFilter(kReal));
  EXPECT_FALSE(written->HasBloomFilter(kFlag)) << "no filter of booleans";
}

TEST(ColumnOptions, ColumnsWithoutStatisticsHaveNoneInTheLogEither) {
  DataFileOptions options;
  options.columns["name"].statistics = "none";
  options.columns["id"].statistics = "chunk";
  auto written = Write(options);
  ASSERT_THAT(written, IsOk());
  EXPECT_FALSE(written->chunk(kName)->is_stats_set());
  EXPECT_TRUE(written->chunk(kId)->is_stats_set());
  EXPECT_EQ(written->PageIndexes(), (std::set<int>{kReal, kFlag, kSX, kSY, kL}));
  EXPECT_THAT(*written->add.stats, ::testing::HasSubstr(R"("id":1)"));
  EXPECT_THAT(*written->add.stats, ::testing::Not(::testing::HasSubstr("name")));
}

TEST(ColumnOptions, FilesTakeTheirPageSettings) {
  DataFileOptions options;
  options.max_rows_per_page = 1;
  options.write_batch_rows = 1;
  options.dictionary_page_size_bytes = 8;
  auto written = Write(options);
  ASSERT_THAT(written, IsOk());
  EXPECT_TRUE(written->HasEncoding(kId, parquet::Encoding::PLAIN)) << "the dictionary is full";
}

TEST(ColumnOptions, RefusesWhatAColumnCannotHave) {
  std::vector<DataFileOptions> all(11);
  all[0].columns["nowhere"].dictionary = true;
  all[1].columns["name"].encoding = "delta_binary_packed";
  all[2].columns["flag"].bloom_filter = true;
  all[3].columns["id"].encoding = "morse";
  all[4].default_column.encoding = "morse";
  all[5].columns["id"].statistics = "some";
  all[6].columns["id"].encoding = "plain";
  all[6].columns["id"].dictionary = true;
  all[7].columns["s.z"].dictionary = true;
  all[8].columns["id"].bloom_filter_fpp = 1.0;
  all[9].default_column.bloom_filter_ndv = 0;
  all[10].max_rows_per_page = -1;
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_THAT(Write(all[i]), StatusIs(StatusCode::kInvalidArgument)) << i;
  }
}

TEST(ColumnOptions, AreReadFromText) {
  ColumnFileOptions options;
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"dictionary", "false"},
                                                                  {"encoding", "plain"},
                                                                  {"statistics", "none"},
                                                                  {"bloom_filter", "true"},
                                                                  {"bloom_filter_fpp", "0.01"},
                                                                  {"bloom_filter_ndv", "1000"}}) {
    EXPECT_THAT(SetColumnOption(key, value, options), IsOk()) << key;
  }
  EXPECT_EQ(options.dictionary, false);
  EXPECT_EQ(options.encoding, "plain");
  EXPECT_EQ(options.statistics, "none");
  EXPECT_EQ(options.bloom_filter, true);
  EXPECT_EQ(options.bloom_filter_fpp, 0.01);
  EXPECT_EQ(options.bloom_filter_ndv, 1000);
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"dictionary", "yes"},
                                                                  {"bloom_filter_fpp", "few"},
                                                                  {"bloom_filter_ndv", "1.5"},
                                                                  {"colour", "red"}}) {
    EXPECT_THAT(SetColumnOption(key, value, options), StatusIs(StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace deltaic
