#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/actions/file_pruner.h"
#include "data/read/read_plan.h"
#include "scan/change_commits.h"
#include "scan/file_source.h"

namespace deltaic {

// The columns that a change feed has after the table's.
inline constexpr std::string_view kChangeTypeColumn = "_change_type";
inline constexpr std::string_view kCommitVersionColumn = "_commit_version";
inline constexpr std::string_view kCommitTimestampColumn = "_commit_timestamp";

/// The files with the changes of some commits, commit by commit. What a commit says of all rows of
/// a file comes as the values of columns that are constant, as partition columns are.
class ChangeSource : public FileSource {
 public:
  /// \param spec  the scan's, over the columns of the table and of the change feed; each file is
  /// read by one like it that knows which columns are constant.
  ChangeSource(std::unique_ptr<ChangeCommits> commits, std::shared_ptr<const DataReadSpec> spec)
      : commits_(std::move(commits)), spec_(std::move(spec)) {}

  Result<std::optional<ScanFile>> Next() override;
  bool may_have_more() const override {
    return next_file_ < commit_.changes.files.size() || commits_->may_have_more();
  }
  FileListMetrics metrics() const override { return metrics_; }

 private:
  /// How files of one kind are read, and which of them can match.
  struct FilePlan {
    std::shared_ptr<const ReadPlan> plan;
    std::unique_ptr<const FilePruner> pruner;  ///< nullptr without a predicate
    std::unique_ptr<PruningSession> session;
  };

  /// nullopt where no row of the file can match.
  Result<std::optional<ScanFile>> ToScan(ChangedFile&& file);
  Status CheckPartitionValues(const ChangedFile& file) const;
  Result<FilePlan*> PlanOf(const PartitionValues& values, bool recorded);
  /// Counts a file that is left out.
  bool MayMatch(const FilePlan& plan, const PartitionValues& values, std::string_view stats);

  std::unique_ptr<ChangeCommits> commits_;
  std::shared_ptr<const DataReadSpec> spec_;
  ChangeCommit commit_;
  size_t next_file_ = 0;  ///< of commit_
  /// By the names of partition values, and whether the file has the kind of change itself.
  std::map<std::pair<std::vector<std::string>, bool>, FilePlan> plans_;
  FileListMetrics metrics_;
};

}  // namespace deltaic
