#include "iceberg/iceberg_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/avro_bytes.h"

namespace deltaic {
namespace {

using testing::AvroBytes;
using testing::AvroFileBytes;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr std::string_view kListSchema = R"({"type":"record","name":"manifest_file","fields":[
  {"name":"manifest_path","type":"string","field-id":500},
  {"name":"manifest_length","type":"long","field-id":501},
  {"name":"partition_spec_id","type":"int","field-id":502},
  {"name":"content","type":"int","field-id":517},
  {"name":"sequence_number","type":"long","field-id":515},
  {"name":"key_metadata","type":["null","bytes"],"field-id":519}]})";

constexpr std::string_view kManifestSchema = R"({"type":"record","name":"manifest_entry","fields":[
  {"name":"status","type":"int","field-id":0},
  {"name":"sequence_number","type":["null","long"],"field-id":3},
  {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
    {"name":"content","type":"int","field-id":134},
    {"name":"file_path","type":"string","field-id":100},
    {"name":"file_format","type":"string","field-id":101},
    {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[
      {"name":"day","type":["null",{"type":"int","logicalType":"date"}],"field-id":1000},
      {"name":"price","field-id":1001,"type":["null",
        {"type":"fixed","name":"f","size":4,"logicalType":"decimal","precision":9,"scale":2}]}]}},
    {"name":"record_count","type":"long","field-id":103},
    {"name":"file_size_in_bytes","type":"long","field-id":104},
    {"name":"upper_bounds","field-id":128,"type":["null",{"type":"array","logicalType":"map","items":
      {"type":"record","name":"k126_v127","fields":[{"name":"key","type":"int","field-id":126},
        {"name":"value","type":"bytes","field-id":127}]}}]},
    {"name":"key_metadata","type":["null","bytes"],"field-id":131}]}}]})";

/// An entry: status, content, path; the rest is the same for all.
std::string Entry(int64_t status, int64_t content, std::string_view path,
                  std::string_view greatest_path = "") {
  AvroBytes out;
  out.Long(status).Long(1).Long(7).Long(content).Text(path).Text("PARQUET");
  out.Long(1).Long(-1).Long(1).Raw(std::string_view("\xff\xff\xff\x85", 4)).Long(10).Long(999);
  if (greatest_path.empty()) {
    out.Long(0);
  } else {
    out.Long(1).Long(2).Long(5).Text("x").Long(2147483546).Text(greatest_path).Long(0);
  }
  return out.Long(0).Take();
}

Result<std::vector<IcebergFile>> Files(const std::string& bytes, bool of_deletes = false) {
  std::vector<IcebergFile> out;
  DELTAIC_RETURN_IF_ERROR(ReadManifest(
      bytes, {.path = "m", .spec_id = 3, .of_deletes = of_deletes, .sequence_number = 9},
      [&](IcebergFile file) {
        out.push_back(std::move(file));
        return Status();
      }));
  return out;
}

TEST(ReadManifestList, WhatAManifestIs) {
  const std::string block = AvroBytes()
                                .Text("s3://b/m0")
                                .Long(7)
                                .Long(1)
                                .Long(0)
                                .Long(5)
                                .Long(0)
                                .Text("s3://b/m1")
                                .Long(7)
                                .Long(2)
                                .Long(1)
                                .Long(6)
                                .Long(1)
                                .Text("key")
                                .Take();
  const auto list = ReadManifestList(AvroFileBytes(kListSchema, 2, block));
  ASSERT_TRUE(list.ok()) << list.status().message();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].path, "s3://b/m0");
  EXPECT_EQ((*list)[0].spec_id, 1);
  EXPECT_EQ((*list)[0].sequence_number, 5);
  EXPECT_FALSE((*list)[0].of_deletes || (*list)[0].is_encrypted);
  EXPECT_TRUE((*list)[1].of_deletes && (*list)[1].is_encrypted);
}

TEST(ReadManifest, LiveFilesWithTheirPartitions) {
  const std::string block = Entry(0, 0, "a") + Entry(2, 0, "deleted") + Entry(1, 0, "b");
  const auto files = Files(AvroFileBytes(kManifestSchema, 3, block));
  ASSERT_TRUE(files.ok()) << files.status().message();
  EXPECT_THAT(*files, ElementsAre(Field(&IcebergFile::path, "a"), Field(&IcebergFile::path, "b")));
  const IcebergFile& file = files->front();
  EXPECT_EQ(file.sequence_number, 7);
  EXPECT_EQ(file.spec_id, 3);
  EXPECT_EQ(file.num_rows, 10);
  EXPECT_EQ(file.size_bytes, 999);
  ASSERT_EQ(file.partition.size(), 2U);
  EXPECT_EQ(file.partition[0].field_id, 1000);
  EXPECT_EQ(file.partition[0].value, Value(int64_t{-1}));
  EXPECT_EQ(file.partition[1].value, Value(Int128{-123}));
}

TEST(ReadManifest, WhatIsNone) {
  const std::string entry = Entry(1, 0, "a");
  EXPECT_EQ(Files(AvroFileBytes(kManifestSchema, 1, entry), true).status().code(),
            StatusCode::kCorruption);
  EXPECT_EQ(Files(AvroFileBytes(kManifestSchema, 1, Entry(3, 0, "a"))).status().code(),
            StatusCode::kCorruption);
  EXPECT_EQ(Files(AvroFileBytes(kManifestSchema, 1, Entry(1, 0, ""))).status().code(),
            StatusCode::kCorruption);
  EXPECT_THAT(Files(AvroFileBytes(kManifestSchema, 1, Entry(1, 3, "a"))).status().message(),
              HasSubstr("content 3 (a)"));
  EXPECT_EQ(Files(AvroFileBytes(R"("string")", 1, AvroBytes().Text("x").Take())).status().code(),
            StatusCode::kCorruption);
  for (size_t size = 0; size < entry.size(); ++size) {
    EXPECT_FALSE(Files(AvroFileBytes(kManifestSchema, 1, entry.substr(0, size))).ok()) << size;
  }
}

TEST(DeleteMayApply, ByNumbersAndPaths) {
  const auto deletes = Files(AvroFileBytes(kManifestSchema, 1, Entry(1, 1, "d", "file-b")), true);
  ASSERT_TRUE(deletes.ok()) << deletes.status().message();
  IcebergFile position = deletes->front();
  EXPECT_EQ(position.greatest_path, "file-b");
  const auto data = [](std::string path, int64_t number) {
    return IcebergFile{.path = std::move(path), .sequence_number = number};
  };
  EXPECT_TRUE(DeleteMayApply(position, data("file-a", 6)));
  EXPECT_TRUE(DeleteMayApply(position, data("file-b", 7)));
  EXPECT_FALSE(DeleteMayApply(position, data("file-b", 8)));
  EXPECT_FALSE(DeleteMayApply(position, data("file-c", 6)));
  position.least_path = "file-b";
  EXPECT_FALSE(DeleteMayApply(position, data("file-a", 6)));
  IcebergFile equality = position;
  equality.content = IcebergContent::kEqualityDeletes;
  EXPECT_TRUE(DeleteMayApply(equality, data("any", 6)));
  EXPECT_FALSE(DeleteMayApply(equality, data("any", 7)));
}

}  // namespace
}  // namespace deltaic
