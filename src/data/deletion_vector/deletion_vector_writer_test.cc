#include "data/deletion_vector/deletion_vector_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "data/deletion_vector/deletion_vector_file.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using ::testing::SizeIs;

DeletionVector Rows(const std::vector<int64_t>& rows) {
  DeletionVector vector;
  for (const int64_t row : rows) vector.Add(row);
  return vector;
}

TEST(DeletionVectorWriter, ManyVectorsShareAFileAndReadBack) {
  const auto store = MakeMemoryStore();
  DeletionVectorWriter writer(*store);
  const std::vector<std::vector<int64_t>> all = {{0}, {5, 6, 7}, {int64_t{1} << 40}};
  std::vector<DeletionVectorDescriptor> descriptors;
  for (const auto& rows : all) {
    const auto descriptor = writer.Write(Rows(rows));
    ASSERT_THAT(descriptor, IsOk());
    descriptors.push_back(*descriptor);
  }
  ASSERT_THAT(writer.Finish(), IsOk());
  ASSERT_THAT(writer.paths(), SizeIs(1));
  EXPECT_THAT(writer.paths()[0], ::testing::MatchesRegex("deletion_vector_[0-9a-f-]+[.]bin"));
  EXPECT_EQ(descriptors[0].offset, 1);
  for (size_t i = 0; i < all.size(); ++i) {
    const auto loaded = LoadDeletionVector(*store, descriptors[i], (int64_t{1} << 40) + 1);
    ASSERT_THAT(loaded, IsOk());
    EXPECT_EQ(loaded->cardinality(), static_cast<int64_t>(all[i].size()));
    for (const int64_t row : all[i]) EXPECT_TRUE(loaded->Contains(row));
  }
}

TEST(DeletionVectorWriter, FilesAreEndedBeforeTheyAreLarge) {
  const auto store = MakeMemoryStore();
  DeletionVectorWriter writer(*store);
  // Rows without runs, so that each vector is a megabyte or so.
  std::vector<std::pair<DeletionVectorDescriptor, int64_t>> written;
  for (int64_t step = 2; step < 5; ++step) {
    DeletionVector vector;
    for (int64_t row = 0; row < 16 << 20; row += step) vector.Add(row);
    const auto descriptor = writer.Write(vector);
    ASSERT_THAT(descriptor, IsOk());
    written.emplace_back(*descriptor, vector.cardinality());
  }
  ASSERT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(writer.paths(), SizeIs(::testing::Gt(1)));
  for (const auto& [descriptor, cardinality] : written) {
    const auto loaded = LoadDeletionVector(*store, descriptor, 16 << 20);
    ASSERT_THAT(loaded, IsOk());
    EXPECT_EQ(loaded->cardinality(), cardinality);
  }
}

TEST(DeletionVectorWriter, NothingIsWrittenWithoutAVector) {
  const auto store = MakeMemoryStore();
  DeletionVectorWriter writer(*store);
  EXPECT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(writer.paths(), SizeIs(0));
}

}  // namespace
}  // namespace deltaic
