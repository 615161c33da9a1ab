#include "ops/doctor/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ops/doctor/human_text.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A table with nothing to mend.
TableHealth Healthy() {
  TableHealth health;
  health.uri = "file:///data/events";
  health.num_files = 20;
  health.num_bytes = int64_t{20} << 27;
  health.num_rows = 1000;
  health.target_file_bytes = int64_t{1} << 27;
  health.median_file_bytes = int64_t{1} << 27;
  health.num_partitions = 1;
  health.columns = {{.name = "id", .has_order = true, .share_with_stats = 1, .share_read = 0.05},
                    {.name = "kind", .has_order = true, .share_with_stats = 1, .share_read = 0.1}};
  health.log = {.num_files = 3, .checkpoint_version = Version{10}, .checkpoint_interval = 10};
  health.reclaimable.emplace();
  health.compaction.emplace();
  return health;
}

Finding Of(const TableHealth& health, std::string_view id) {
  for (Finding& finding : AdviceFor(health)) {
    if (finding.id == id) return std::move(finding);
  }
  ADD_FAILURE() << "nothing is said of " << id;
  return {};
}

TEST(Advice, AHealthyTableNeedsNothing) {
  const auto findings = AdviceFor(Healthy());
  EXPECT_THAT(findings, Each(AllOf(Field(&Finding::severity, Severity::kGood),
                                   Field(&Finding::command, IsEmpty()),
                                   Field(&Finding::title, Not(IsEmpty())))));
  EXPECT_GE(findings.size(), 6u);
}

TEST(Advice, SmallFilesAreMergedByOptimize) {
  TableHealth health = Healthy();
  health.compaction = {.num_files = 1000, .num_bytes = 1 << 30, .num_groups = 8};
  const Finding finding = Of(health, "small_files");
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_EQ(finding.command, "deltaic optimize /data/events");
  EXPECT_THAT(finding.title, HasSubstr("1,000 files"));
  health.compaction = {.num_files = 2, .num_bytes = 1000, .num_groups = 1};
  EXPECT_EQ(Of(health, "small_files").severity, Severity::kNote);
  health.compaction.reset();
  EXPECT_THAT(Of(health, "small_files").command, IsEmpty());
}

TEST(Advice, TheWorstStandsFirst) {
  TableHealth health = Healthy();
  health.reclaimable->num_files = 1;
  health.reclaimable->num_bytes = 1;
  health.log.commits_since_checkpoint = 500;
  const auto findings = AdviceFor(health);
  EXPECT_EQ(findings[0].id, "checkpoint");
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  EXPECT_EQ(findings[1].id, "space");
  EXPECT_EQ(findings[1].severity, Severity::kNote);
  EXPECT_EQ(findings[2].severity, Severity::kGood);
}

TEST(Advice, DeletedRowsArePurged) {
  TableHealth health = Healthy();
  health.num_deleted_rows = 500;
  health.num_files_with_deleted_rows = 3;
  const Finding finding = Of(health, "deleted_rows");
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_THAT(finding.command, HasSubstr("--purge"));
  EXPECT_THAT(finding.detail, HasSubstr("33 %"));
}

TEST(Advice, OverlappingFilesWantAnOrder) {
  TableHealth health = Healthy();
  health.columns[1].share_read = 0.9;
  EXPECT_EQ(Of(health, "layout").command, "deltaic optimize /data/events --zorder kind");
  health.is_clustered = true;
  health.columns[0].is_clustered_by = true;
  EXPECT_EQ(Of(health, "layout").severity, Severity::kGood)
      << "kind is not what it is clustered by";
  health.columns[0].share_read = 0.8;
  EXPECT_EQ(Of(health, "layout").command, "deltaic optimize /data/events");
  health.num_partitions = 10;
  EXPECT_EQ(Of(health, "layout").severity, Severity::kGood) << "two files a partition";
}

TEST(Advice, SkewAndTooManyPartitions) {
  TableHealth health = Healthy();
  health.partition_columns = {"day"};
  health.num_partitions = 4;
  health.median_partition_bytes = 1 << 20;
  health.partitions = {{.name = "day=1", .num_files = 1, .num_bytes = 1 << 30}};
  EXPECT_THAT(Of(health, "partitions").title, HasSubstr("1,024 times"));
  health.num_partitions = 5000;
  EXPECT_EQ(Of(health, "partitions").severity, Severity::kWarning);
}

TEST(Advice, CommandsAreSafeToPaste) {
  TableHealth health = Healthy();
  health.uri = "file:///a b/$(rm -rf ~)'";
  health.log.num_expired_files = 1;
  EXPECT_EQ(Of(health, "log").command, R"(deltaic cleanup '/a b/$(rm -rf ~)'\''')");
}

TEST(HumanText, Numbers) {
  EXPECT_EQ(GroupedNumber(0), "0");
  EXPECT_EQ(GroupedNumber(999), "999");
  EXPECT_EQ(GroupedNumber(1234567), "1,234,567");
  EXPECT_EQ(GroupedNumber(-123456), "-123,456");
  EXPECT_EQ(Counted(1, "file"), "1 file");
  EXPECT_EQ(HumanBytes(999), "999 B");
  EXPECT_EQ(HumanBytes(134217728), "134 MB");
  EXPECT_EQ(Percent(0.004), "0.4 %");
  EXPECT_EQ(Percent(0.73), "73 %");
}

}  // namespace
}  // namespace deltaic
