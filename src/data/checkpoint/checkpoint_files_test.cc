#include "data/checkpoint/checkpoint_files.h"

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <string>
#include <vector>

#include "data/actions/file_action_builder.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "storage/log_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::HasSubstr;

/// How a checkpoint is laid out; readers must not care.
struct Layout {
  const char* name;
  int64_t page_bytes;
  int64_t rows_per_group;
  bool dictionary;
  parquet::ParquetDataPageVersion pages;
  bool local;
};
void PrintTo(const Layout& layout, std::ostream* os) { *os << layout.name; }

Add MakeAdd(int i) {
  Add add;
  add.path = Concat("p=", i % 7, "/part-", i);
  add.partition_values = {
      {"p", i % 11 == 0 ? std::optional<std::string>() : std::to_string(i % 7)}};
  add.size = 100 + i;
  add.modification_time = 1000 + i;
  add.data_change = false;
  if (i % 3 != 0)
    add.stats =
        Concat(R"({"numRecords":1,"minValues":{"x":)", i, R"(},"maxValues":{"x":)", i, "}}");
  if (i % 4 == 0) add.tags = StringMap{{"k", std::to_string(i)}};
  if (i % 6 == 0) add.deletion_vector = DeletionVectorDescriptor{"u", Concat("dv", i), i, 40, 2};
  if (i % 2 == 0) add.base_row_id = i;
  return add;
}

class CheckpointFilesTest : public ::testing::TestWithParam<Layout> {
 protected:
  static constexpr int kRows = 2000;

  /// A checkpoint whose even rows are adds and whose odd rows are removes.
  void SetUp() override {
    AddBatchBuilder adds{FileColumns{}};
    RemoveBatchBuilder removes;
    arrow::TypedBufferBuilder<bool> is_add, is_remove;
    for (int i = 0; i < kRows; ++i) {
      ASSERT_THAT(adds.Append(MakeAdd(i)), IsOk());
      Remove remove;
      remove.path = Concat("gone-", i);
      remove.deletion_timestamp = i;
      remove.data_change = true;
      ASSERT_THAT(removes.Append(remove), IsOk());
      ASSERT_TRUE(is_add.Append(IsAdd(i)).ok());
      ASSERT_TRUE(is_remove.Append(!IsAdd(i)).ok());
    }
    const auto add_column = StructOf(**adds.Finish(), is_add);
    const auto remove_column = StructOf(**removes.Finish(), is_remove);
    const auto table =
        arrow::Table::Make(arrow::schema({arrow::field("add", add_column->type()),
                                          arrow::field("remove", remove_column->type())}),
                           {add_column, remove_column});
    Write(*table);
  }

  static bool IsAdd(int i) { return i % 2 == 0 || i > 1500; }

  static std::shared_ptr<arrow::Array> StructOf(const arrow::RecordBatch& batch,
                                                arrow::TypedBufferBuilder<bool>& valid) {
    return *arrow::StructArray::Make(batch.columns(), batch.schema()->fields(), *valid.Finish());
  }

  void Write(const arrow::Table& table) {
    const Layout& layout = GetParam();
    parquet::WriterProperties::Builder properties;
    properties.data_pagesize(layout.page_bytes)
        ->write_batch_size(64)
        ->data_page_version(layout.pages);
    if (!layout.dictionary) properties.disable_dictionary();
    auto sink = *arrow::io::BufferOutputStream::Create();
    ASSERT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink,
                                           layout.rows_per_group, properties.build())
                    .ok());
    bytes_ = (*sink->Finish())->ToString();
    ASSERT_THAT(store_->Put("_delta_log/cp", bytes_), IsOk());
    const auto file = CheckpointFile::Open(*log_, "cp", std::nullopt, layout.local);
    ASSERT_THAT(file, IsOk());
    file_ = *file;
  }

  std::vector<Add> ReadAdds(const std::vector<RowGroupPart>& parts,
                            const CheckpointKeyFilter& filter = nullptr,
                            std::shared_ptr<const FilePruner> pruner = nullptr) {
    std::vector<Add> out;
    for (const RowGroupPart& part : parts) {
      auto rows = ReadCheckpointAdds(file_, part, FileColumns{}, filter, pruner);
      EXPECT_THAT(rows, IsOk());
      while (true) {
        auto batch = (*rows)->Next();
        EXPECT_THAT(batch, IsOk());
        if (!batch.ok() || *batch == nullptr) break;
        EXPECT_TRUE((*batch)->ValidateFull().ok());
        for (int64_t i = 0; i < (*batch)->num_rows(); ++i) out.push_back(AddFromBatch(**batch, i));
      }
      metrics_ = (*rows)->metrics();
    }
    return out;
  }

  template <typename Wanted>
  static std::vector<Add> Expected(const Wanted& wanted) {
    std::vector<Add> out;
    for (int i = 0; i < kRows; ++i) {
      if (IsAdd(i) && wanted(i)) out.push_back(MakeAdd(i));
    }
    return out;
  }

  std::shared_ptr<const FilePruner> Pruner(const std::string& predicate) {
    const SchemaPtr schema = DataType::Struct(
        {{"p", DataType::Primitive(TypeId::kInteger)}, {"x", DataType::Primitive(TypeId::kLong)}});
    const auto bound = BindPredicate(*ParsePredicate(predicate), *schema);
    EXPECT_THAT(bound, IsOk());
    return std::make_shared<const FilePruner>(*bound, *schema, std::vector<std::string>{"p"},
                                              false);
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  std::shared_ptr<LogStore> log_ = MakeLogStore(store_);
  std::string bytes_;
  std::shared_ptr<const CheckpointFile> file_;
  CheckpointFileMetrics metrics_;
};

TEST_P(CheckpointFilesTest, AllColumnsOfAllAdds) {
  EXPECT_EQ(ReadAdds(SplitRowGroups(*file_, 1)), Expected([](int) { return true; }));
}

TEST_P(CheckpointFilesTest, PartsOfARowGroupGiveWhatTheWholeGives) {
  const auto expected = Expected([](int) { return true; });
  for (const int64_t cut : {1, 63, 500, 1024, 1999}) {
    std::vector<RowGroupPart> parts;
    int64_t before = 0;
    for (int group = 0; group < file_->num_row_groups(); ++group) {
      const int64_t rows = file_->num_rows(group);
      const int64_t at = std::clamp<int64_t>(cut - before, 0, rows);
      if (at > 0) parts.push_back({group, 0, at});
      if (at < rows) parts.push_back({group, at, rows});
      before += rows;
    }
    EXPECT_EQ(ReadAdds(parts), expected) << "cut at " << cut;
  }
}

TEST_P(CheckpointFilesTest, KeysThatCommitsMentionAreLeftOut) {
  const CheckpointKeyFilter filter = [](auto paths, auto dv_ids, auto live) {
    for (size_t i = 0; i < paths.size(); ++i)
      live[i] = paths[i].ends_with('4') || dv_ids[i] == "udv6@6" ? 0 : 1;
  };
  EXPECT_EQ(ReadAdds(SplitRowGroups(*file_, 1), filter),
            Expected([](int i) { return i % 10 != 4 && i != 6; }));
}

TEST_P(CheckpointFilesTest, PartitionsAreJudgedBeforeOtherColumns) {
  EXPECT_EQ(ReadAdds(SplitRowGroups(*file_, 1), nullptr, Pruner("p = 3")),
            Expected([](int i) { return i % 7 == 3 && i % 11 != 0; }));
  EXPECT_EQ(ReadAdds(SplitRowGroups(*file_, 1), nullptr, Pruner("p IS NULL")),
            Expected([](int i) { return i % 11 == 0; }));
  EXPECT_TRUE(ReadAdds(SplitRowGroups(*file_, 1), nullptr, Pruner("p = 99")).empty());
}

TEST_P(CheckpointFilesTest, StatisticsNarrowWhatPartitionsLeave) {
  EXPECT_EQ(ReadAdds(SplitRowGroups(*file_, 1), nullptr, Pruner("p = 3 AND x < 100")),
            Expected([](int i) { return i % 7 == 3 && i % 11 != 0 && (i < 100 || i % 3 == 0); }));
}

TEST_P(CheckpointFilesTest, TombstonesNewerThanTheCutoff) {
  std::vector<std::string> paths;
  for (const RowGroupPart& part : SplitRowGroups(*file_, 1)) {
    auto rows = ReadCheckpointRemoves(file_, part, nullptr, 1001);
    ASSERT_THAT(rows, IsOk());
    while (true) {
      auto batch = (*rows)->Next();
      ASSERT_THAT(batch, IsOk());
      if (*batch == nullptr) break;
      for (int64_t i = 0; i < (*batch)->num_rows(); ++i)
        paths.push_back(RemoveFromBatch(**batch, i).path);
    }
  }
  std::vector<std::string> expected;
  for (int i = 1002; i < kRows; ++i) {
    if (!IsAdd(i)) expected.push_back(Concat("gone-", i));
  }
  EXPECT_EQ(paths, expected);
}

TEST_P(CheckpointFilesTest, DamageIsCorruptionThatNamesTheFile) {
  // Every byte of the data may be wrong; none of it may crash or pass as something else than damage
  // or other text.
  for (size_t at = 4; at < bytes_.size() - 12; at += bytes_.size() / 97) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(~damaged[at]);
    ASSERT_THAT(store_->Put("_delta_log/cp", damaged), IsOk());
    const auto file = CheckpointFile::Open(*log_, "cp", std::nullopt, GetParam().local);
    if (!file.ok()) {
      EXPECT_THAT(file, StatusIs(StatusCode::kCorruption, HasSubstr("cp"))) << at;
      continue;
    }
    for (const RowGroupPart& part : SplitRowGroups(**file, 1)) {
      auto rows = ReadCheckpointAdds(*file, part, FileColumns{}, nullptr, nullptr);
      if (!rows.ok()) continue;
      while (true) {
        const auto batch = (*rows)->Next();
        if (!batch.ok()) {
          EXPECT_EQ(batch.status().code(), StatusCode::kCorruption) << at << batch.status();
        }
        if (!batch.ok() || *batch == nullptr) break;
      }
    }
  }
  ASSERT_THAT(store_->Put("_delta_log/cp", bytes_.substr(0, bytes_.size() / 2)), IsOk());
  EXPECT_THAT(CheckpointFile::Open(*log_, "cp", std::nullopt, true),
              StatusIs(StatusCode::kCorruption, HasSubstr("checkpoint file cp is damaged")));
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, CheckpointFilesTest,
    ::testing::Values(
        Layout{"OnePage", 1 << 20, 1 << 20, true, parquet::ParquetDataPageVersion::V1, true},
        Layout{"SmallPages", 512, 1 << 20, true, parquet::ParquetDataPageVersion::V1, true},
        Layout{"SmallPagesV2", 512, 1 << 20, false, parquet::ParquetDataPageVersion::V2, false},
        Layout{"ManyRowGroups", 300, 300, false, parquet::ParquetDataPageVersion::V1, false}),
    [](const ::testing::TestParamInfo<Layout>& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
