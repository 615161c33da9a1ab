#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "ops/optimize/file_group.h"
#include "protocol/actions.h"

namespace deltaic {

/// Which files are worth writing again, and how large groups of them become.
struct CompactionLimits {
  int64_t target_size_bytes = 0;    ///< no group of several files is larger
  int64_t min_file_size_bytes = 0;  ///< smaller files are taken
  int64_t min_files = 0;            ///< of a partition; where fewer are taken, none is
  /// Files that lost more than this share of their rows are taken, whatever their size, and alone
  /// where nothing goes with them.
  double max_deleted_share = 0.05;
  bool whole_partitions = false;  ///< instead: every file, a group for each partition
  bool purge = false;             ///< instead: every file that has a deletion vector, and no other
  /// Of whole_partitions: those are left alone whose files are all of one rewriting that put rows
  /// in this order, and have all their rows still.
  std::string order;
};

/// Tag of files whose rows a z-order has put in order: which rewriting it was, and in what order.
inline constexpr const char* kOrderTag = "deltaic.zOrder";
/// \param rewriting  an id without spaces, its own for each.
std::string OrderTagOf(const std::string& rewriting, const std::string& order);

/// A live file, as planning sees it.
struct ConsideredFile {
  Add add;
  std::optional<int64_t> live_rows;  ///< where statistics count them
};

/// What is to be done, and what was left alone.
struct RewritePlan {
  std::vector<FileGroup> groups;
  int64_t num_considered = 0, num_skipped = 0;  ///< files
};

/// Packs small files of each partition into groups, in the order in which they came to the table,
/// so that rows that were near stay near. A group of one file is made only where the file itself is
/// worth it. Pure.
class CompactionPlanner {
 public:
  explicit CompactionPlanner(CompactionLimits limits) : limits_(limits) {}
  void Consider(ConsideredFile file);
  RewritePlan Finish() &&;

 private:
  bool IsCandidate(const ConsideredFile& file) const;
  bool IsWorthItAlone(const ConsideredFile& file) const;
  void Pack(std::vector<ConsideredFile> files);

  const CompactionLimits limits_;
  std::vector<ConsideredFile> candidates_;
  RewritePlan plan_;
};

}  // namespace deltaic
