#include "ops/doctor/advice.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "ops/doctor/human_text.h"

namespace deltaic {
namespace {

/// Beyond these, something is worth mending.
constexpr int64_t kManyFilesToMerge = 16;
constexpr double kManyFilesInOne = 4;
constexpr double kManyDeleted = 0.05;
constexpr double kMuchReclaimable = 0.2;
constexpr double kMostlyRead = 0.5;
constexpr int64_t kFewFiles = 8;
constexpr double kSkew = 10;
constexpr int64_t kManyPartitions = 100;
constexpr int64_t kSmallPartitionBytes = int64_t{32} << 20;
constexpr size_t kMostColumnsNamed = 3;

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// A word of a shell, quoted where it must be.
std::string ShellWord(const std::string& text) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-:=,@%+").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// The path of a local table, which is easier to read than its URI.
std::string PlainPath(const std::string& uri) {
  constexpr std::string_view kScheme = "file://";
  const bool is_plain = uri.starts_with(kScheme) && uri.find('%') == std::string::npos;
  return is_plain ? uri.substr(kScheme.size()) : uri;
}

/// Makes the findings of one table.
class Advisor {
 public:
  explicit Advisor(const TableHealth& health)
      : health_(health), table_(ShellWord(PlainPath(health.uri))) {}

  std::vector<Finding> Run() && {
    JudgeFiles();
    JudgeDeletedRows();
    JudgeStatistics();
    JudgeLayout();
    JudgePartitions();
    JudgeCheckpoint();
    JudgeLog();
    JudgeSpace();
    std::ranges::stable_sort(findings_, std::ranges::greater(), &Finding::severity);
    return std::move(findings_);
  }

 private:
  void Say(std::string id, Severity severity, std::string title, std::string detail,
           std::string command = "") {
    findings_.push_back(
        {std::move(id), severity, std::move(title), std::move(detail), std::move(command)});
  }

  void JudgeFiles() {
    const std::string sizes = Concat("the median file has ", HumanBytes(health_.median_file_bytes),
                                     "; the target is ", HumanBytes(health_.target_file_bytes));
    if (!health_.compaction) {
      Say("small_files", Severity::kNote, "The size of files cannot be mended here",
          Concat(sizes, "; the table has a feature that this build does not write"));
      return;
    }
    const CompactionOutlook& plan = *health_.compaction;
    const double in_one = Share(plan.num_files, plan.num_groups);
    if (plan.num_groups == 0) {
      Say("small_files", Severity::kGood, "Files have a good size", sizes);
      return;
    }
    const bool many = plan.num_files >= kManyFilesToMerge && in_one >= kManyFilesInOne;
    const std::string what = plan.strategy == "clustering" ? "are not clustered yet or small"
                                                           : "are better written together";
    Say("small_files", many ? Severity::kWarning : Severity::kNote,
        Concat(Counted(plan.num_files, "file"), " ", what),
        Concat(HumanBytes(plan.num_bytes), " in ", GroupedNumber(plan.num_files), " files become ",
               GroupedNumber(plan.num_groups), " or a few more; ", sizes),
        Concat("deltaic optimize ", table_));
  }

  void JudgeDeletedRows() {
    if (health_.num_deleted_rows == 0) {
      Say("deleted_rows", Severity::kGood, "No deleted rows are carried along",
          health_.deletion_vectors_enabled ? "deletion vectors are on, and none is in use"
                                           : "the table has no deletion vectors");
      return;
    }
    const double share = health_.num_rows ? Share(health_.num_deleted_rows,
                                                  health_.num_deleted_rows + *health_.num_rows)
                                          : 1;
    const bool many = share > kManyDeleted;
    Say("deleted_rows", many ? Severity::kWarning : Severity::kNote,
        Concat(Counted(health_.num_deleted_rows, "deleted row"), " in ",
               Counted(health_.num_files_with_deleted_rows, "file")),
        Concat(health_.num_rows ? Concat(Percent(share), " of all rows; ") : std::string(),
               "readers decode them and throw them away"),
        Concat("deltaic optimize ", table_, " --purge"));
  }

  void JudgeStatistics() {
    if (health_.num_files_without_stats > 0) {
      Say("statistics", Severity::kWarning,
          Concat(Counted(health_.num_files_without_stats, "file"), " without statistics"),
          "every query reads them; writing their rows again, as optimize does with small files, "
          "gives them some");
      return;
    }
    std::vector<std::string> without;
    for (const ColumnHealth& column : health_.columns) {
      if (column.has_order && column.share_with_stats < kMostlyRead) without.push_back(column.name);
    }
    if (health_.num_files == 0 || without.empty()) {
      Say("statistics", Severity::kGood, "Statistics cover every column that has an order",
          "files that cannot match are left out");
      return;
    }
    Say("statistics", Severity::kNote,
        Concat(Counted(static_cast<int64_t>(without.size()), "column"),
               " with few statistics: ", Named(without)),
        "queries by them read every file; if there are such queries, name the columns, and write "
        "files again",
        Concat("deltaic alter ", table_, " set ",
               ShellWord("delta.dataSkippingStatsColumns=" + Joined(without))));
  }

  void JudgeLayout() {
    if (health_.num_files < kFewFiles * std::max<int64_t>(health_.num_partitions, 1)) {
      Say("layout", Severity::kGood, "Few files: how rows lie in them does not matter",
          health_.num_partitions > 1 ? "a partition has too few of them to leave many out"
                                     : "of few files little can be left out");
      return;
    }
    std::vector<std::string> overlapping, apart;
    double worst = 0;
    for (const ColumnHealth& column : health_.columns) {
      if (!column.share_read) continue;
      if (health_.is_clustered && !column.is_clustered_by) continue;
      const bool overlaps = *column.share_read > kMostlyRead;
      if (overlaps) worst = std::max(worst, *column.share_read);
      (overlaps ? overlapping : apart).push_back(column.name);
    }
    if (overlapping.empty()) {
      Say("layout", Severity::kGood, "Queries can leave files out",
          apart.empty() ? "no column's ranges could be compared"
                        : Concat("ranges of files lie apart for ", Named(apart)));
      return;
    }
    if (health_.is_clustered) {
      Say("layout", Severity::kWarning,
          Concat("Clustered by ", Named(overlapping), ", but files overlap"),
          Concat("a query for one value reads up to ", Percent(worst), " of the files"),
          Concat("deltaic optimize ", table_));
      return;
    }
    const bool nothing_apart = apart.empty();
    Say("layout", Severity::kNote,
        nothing_apart ? "No column helps to leave files out"
                      : Concat("Queries by ", Named(overlapping), " read most files"),
        Concat("ranges of files overlap: a query for one value reads up to ", Percent(worst),
               " of them; z-order by the columns that queries name",
               nothing_apart ? "" : Concat("; ranges lie apart already for ", Named(apart))),
        Concat("deltaic optimize ", table_, " --zorder ", ShellWord(First(overlapping, 2))));
  }

  void JudgePartitions() {
    if (health_.partition_columns.empty()) return;
    const int64_t mean = health_.num_bytes / std::max<int64_t>(health_.num_partitions, 1);
    if (health_.num_partitions >= kManyPartitions && mean < kSmallPartitionBytes) {
      Say("partitions", Severity::kWarning,
          Concat(GroupedNumber(health_.num_partitions), " partitions of ", HumanBytes(mean),
                 " each"),
          "files cannot be larger than their partition: partition by a coarser value, such as the "
          "month instead of the day, or cluster instead");
      return;
    }
    const PartitionHealth& largest = health_.partitions.front();
    const double ratio =
        Share(largest.num_bytes, std::max<int64_t>(health_.median_partition_bytes, 1));
    if (health_.num_partitions > 3 && ratio > kSkew) {
      Say("partitions", Severity::kNote,
          Concat("Partition ", largest.name, " is ", GroupedNumber(std::llround(ratio)),
                 " times the median"),
          Concat(HumanBytes(largest.num_bytes), " of ", HumanBytes(health_.num_bytes),
                 "; work that is shared out by partition waits for it"));
      return;
    }
    Say("partitions", Severity::kGood,
        Concat(Counted(health_.num_partitions, "partition"), " of like size"),
        Concat("the largest is ", HumanBytes(largest.num_bytes), ", the median ",
               HumanBytes(health_.median_partition_bytes)));
  }

  void JudgeCheckpoint() {
    const LogHealth& log = health_.log;
    const std::string since = log.checkpoint_version ? Concat("the checkpoint is of version ",
                                                              log.checkpoint_version->value, ", ")
                                                     : std::string("there is no checkpoint, ");
    const std::string behind = Concat(since, "and every reader reads the ",
                                      Counted(log.commits_since_checkpoint, "commit"), " since, ",
                                      HumanBytes(log.bytes_since_checkpoint));
    const bool lags =
        log.commits_since_checkpoint > 2 * std::max<int64_t>(log.checkpoint_interval, 10);
    if (lags) {
      Say("checkpoint", Severity::kWarning,
          Concat(Counted(log.commits_since_checkpoint, "commit"), " without a checkpoint"), behind,
          Concat("deltaic checkpoint ", table_));
    } else {
      Say("checkpoint", Severity::kGood, "The checkpoint is recent", behind);
    }
  }

  void JudgeLog() {
    const LogHealth& log = health_.log;
    const std::string size =
        Concat("the log has ", Counted(log.num_files, "file"), ", ", HumanBytes(log.num_bytes));
    if (log.num_expired_files == 0) {
      Say("log", Severity::kGood, "The log holds nothing older than its retention", size);
      return;
    }
    const bool many = log.num_expired_files > 10 * std::max<int64_t>(log.checkpoint_interval, 10);
    Say("log", many ? Severity::kWarning : Severity::kNote,
        Concat(Counted(log.num_expired_files, "log file"), " older than the retention"),
        Concat(size, ", of which ", HumanBytes(log.num_expired_bytes), " can go"),
        Concat("deltaic cleanup ", table_));
  }

  void JudgeSpace() {
    if (!health_.reclaimable) return;
    const ReclaimableSpace& space = *health_.reclaimable;
    const std::string kept =
        space.num_kept_files == 0
            ? std::string("no removed files are kept for older versions")
            : Concat(Counted(space.num_kept_files, "removed file"), ", ",
                     HumanBytes(space.num_kept_bytes), ", stay for older versions");
    if (space.num_files == 0) {
      Say("space", Severity::kGood, "Nothing to reclaim", kept);
      return;
    }
    const bool much = Share(space.num_bytes, health_.num_bytes) > kMuchReclaimable;
    Say("space", much ? Severity::kWarning : Severity::kNote,
        Concat(HumanBytes(space.num_bytes), " in ", Counted(space.num_files, "file"),
               " that no version needs"),
        kept, Concat("deltaic vacuum ", table_, " --yes"));
  }

  static std::string Joined(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
    return out;
  }
  static std::string First(const std::vector<std::string>& names, size_t count) {
    return Joined({names.begin(),
                   names.begin() + static_cast<std::ptrdiff_t>(std::min(count, names.size()))});
  }
  /// "a, b, c and 4 more".
  static std::string Named(const std::vector<std::string>& names) {
    std::string out;
    for (size_t i = 0; i < std::min(names.size(), kMostColumnsNamed); ++i) {
      out += (i == 0 ? "" : ", ") + names[i];
    }
    if (names.size() > kMostColumnsNamed) {
      out += Concat(" and ", names.size() - kMostColumnsNamed, " more");
    }
    return out;
  }

  const TableHealth& health_;
  const std::string table_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> AdviceFor(const TableHealth& health) { return Advisor(health).Run(); }

}  // namespace deltaic
