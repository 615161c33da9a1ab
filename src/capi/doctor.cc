#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/table.h"
#include "capi/write_options.h"
#include "ops/doctor/advice.h"
#include "ops/doctor/examination.h"

namespace deltaic::capi {
namespace {

struct Diagnosis {
  TableHealth health;
  std::vector<Finding> findings;
};

const OptionTable<ExaminationOptions>& DoctorOptions() {
  return MadeOnce([] {
    return OptionTable<ExaminationOptions>("deltaic_table_doctor")
        .Flag("list_folder", &ExaminationOptions::list_folder,
              "false: the table's folder is not listed, so that reclaimable is null; default "
              "true")
        .Number("num_commits", &ExaminationOptions::num_commits, 0,
                "of the log, the newest; default 200")
        .Number("num_partitions", &ExaminationOptions::num_partitions, 1,
                "that are named, the largest; default 100");
  });
}

std::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kGood:
      return "good";
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
  }
  return "";
}

template <typename T>
void WriteList(JsonWriter& out, const JsonTable<T>& table, const std::vector<T>& items) {
  out.BeginArray();
  for (const T& item : items) table.Write(out, item);
  out.EndArray();
}

const JsonTable<Finding>& FindingJson() {
  return MadeOnce([] {
    return JsonTable<Finding>()
        .Key("id", &Finding::id)
        .Key("severity",
             [](const Finding& finding) { return std::string(NameOf(finding.severity)); })
        .Key("title", &Finding::title)
        .Key("detail", &Finding::detail)
        .Key("command", [](const Finding& finding) {
          return finding.command.empty() ? std::nullopt : std::optional(finding.command);
        });
  });
}

const JsonTable<SizeClass>& SizeClassJson() {
  return MadeOnce([] {
    return JsonTable<SizeClass>()
        .Key("fromBytes", &SizeClass::from_bytes)
        .Key("belowBytes", &SizeClass::below_bytes)
        .Key("numFiles", &SizeClass::num_files)
        .Key("numBytes", &SizeClass::num_bytes);
  });
}

const JsonTable<PartitionHealth>& PartitionJson() {
  return MadeOnce([] {
    return JsonTable<PartitionHealth>()
        .Key("name", &PartitionHealth::name)
        .Key("numFiles", &PartitionHealth::num_files)
        .Key("numBytes", &PartitionHealth::num_bytes);
  });
}

const JsonTable<CommitPoint>& CommitJson() {
  return MadeOnce([] {
    return JsonTable<CommitPoint>()
        .Key("version", &CommitPoint::version)
        .Key("timestamp", &CommitPoint::time)
        .Key("operation", &CommitPoint::operation);
  });
}

void WriteRanges(JsonWriter& out, const ColumnHealth& column) {
  out.BeginArray();
  for (const auto& [low, high] : column.ranges) {
    out.BeginArray().Double(low).Double(high).EndArray();
  }
  out.EndArray();
}

const JsonTable<ColumnHealth>& ColumnJson() {
  return MadeOnce([] {
    return JsonTable<ColumnHealth>()
        .Key("name", &ColumnHealth::name)
        .Key("hasOrder", &ColumnHealth::has_order)
        .Key("isClusteredBy", &ColumnHealth::is_clustered_by)
        .Custom("shareWithStats", "",
                [](JsonWriter& out, const ColumnHealth& column) {
                  out.Double(column.share_with_stats);
                })
        .Custom("shareRead", "",
                [](JsonWriter& out, const ColumnHealth& column) {
                  column.share_read ? out.Double(*column.share_read) : out.Null();
                })
        .Custom("ranges", "", WriteRanges);
  });
}

const JsonTable<LogHealth>& LogJson() {
  return MadeOnce([] {
    return JsonTable<LogHealth>()
        .Key("numFiles", &LogHealth::num_files)
        .Key("numBytes", &LogHealth::num_bytes)
        .Key("firstVersion", &LogHealth::first_version)
        .Key("checkpointVersion", &LogHealth::checkpoint_version)
        .Key("checkpointInterval", &LogHealth::checkpoint_interval)
        .Key("commitsSinceCheckpoint", &LogHealth::commits_since_checkpoint)
        .Key("bytesSinceCheckpoint", &LogHealth::bytes_since_checkpoint)
        .Key("numExpiredFiles", &LogHealth::num_expired_files)
        .Key("numExpiredBytes", &LogHealth::num_expired_bytes)
        .Custom("commits", "", [](JsonWriter& out, const LogHealth& log) {
          WriteList(out, CommitJson(), log.commits);
        });
  });
}

const JsonTable<ReclaimableSpace>& SpaceJson() {
  return MadeOnce([] {
    return JsonTable<ReclaimableSpace>()
        .Key("numFiles", &ReclaimableSpace::num_files)
        .Key("numBytes", &ReclaimableSpace::num_bytes)
        .Key("numKeptFiles", &ReclaimableSpace::num_kept_files)
        .Key("numKeptBytes", &ReclaimableSpace::num_kept_bytes);
  });
}

const JsonTable<CompactionOutlook>& CompactionJson() {
  return MadeOnce([] {
    return JsonTable<CompactionOutlook>()
        .Key("numFiles", &CompactionOutlook::num_files)
        .Key("numBytes", &CompactionOutlook::num_bytes)
        .Key("numGroups", &CompactionOutlook::num_groups)
        .Key("strategy", &CompactionOutlook::strategy);
  });
}

template <typename T>
void WriteOrNull(JsonWriter& out, const JsonTable<T>& table, const std::optional<T>& value) {
  value ? table.Write(out, *value) : static_cast<void>(out.Null());
}

const JsonTable<Diagnosis>& DiagnosisJson() {
  return MadeOnce([] {
    const auto of_table = [](auto member) {
      return [member](const Diagnosis& diagnosis) { return diagnosis.health.*member; };
    };
    return JsonTable<Diagnosis>()
        .Key("uri", of_table(&TableHealth::uri))
        .Key("name", of_table(&TableHealth::name), "empty where it has none")
        .Key("version", of_table(&TableHealth::version))
        .Key("timestamp", of_table(&TableHealth::time), "ms since 1970, of the version")
        .Key("examinedAt", of_table(&TableHealth::at), "ms since 1970")
        .Custom("findings",
                "[{id, severity, title, detail, command}], the worst first; severity is warning, "
                "note or good, command null where nothing is to be done",
                [](JsonWriter& out, const Diagnosis& it) {
                  WriteList(out, FindingJson(), it.findings);
                })
        .Key("numFiles", of_table(&TableHealth::num_files))
        .Key("numBytes", of_table(&TableHealth::num_bytes))
        .Key("numRows", of_table(&TableHealth::num_rows), "null where a file does not count them")
        .Key("targetFileBytes", of_table(&TableHealth::target_file_bytes))
        .Key("numSmallFiles", of_table(&TableHealth::num_small_files),
             "under a quarter of the target")
        .Key("medianFileBytes", of_table(&TableHealth::median_file_bytes))
        .Key("largestFileBytes", of_table(&TableHealth::largest_file_bytes))
        .Custom("sizes", "[{fromBytes, belowBytes, numFiles, numBytes}], ascending without gaps",
                [](JsonWriter& out, const Diagnosis& it) {
                  WriteList(out, SizeClassJson(), it.health.sizes);
                })
        .Key("numFilesWithoutStats", of_table(&TableHealth::num_files_without_stats))
        .Key("numFilesWithDeletedRows", of_table(&TableHealth::num_files_with_deleted_rows))
        .Key("numDeletedRows", of_table(&TableHealth::num_deleted_rows))
        .Key("partitionColumns", of_table(&TableHealth::partition_columns), "[]")
        .Key("numPartitions", of_table(&TableHealth::num_partitions))
        .Key("medianPartitionBytes", of_table(&TableHealth::median_partition_bytes))
        .Custom("partitions", "[{name, numFiles, numBytes}], the largest",
                [](JsonWriter& out, const Diagnosis& it) {
                  WriteList(out, PartitionJson(), it.health.partitions);
                })
        .Custom("columns",
                "[{name, hasOrder, isClusteredBy, shareWithStats, shareRead, ranges}], leaf "
                "columns: shareRead of a partition's files hold one value in their range, ranges "
                "are [from, to] from 0 to 1 of some files",
                [](JsonWriter& out, const Diagnosis& it) {
                  WriteList(out, ColumnJson(), it.health.columns);
                })
        .Key("numColumnsLeftOut", of_table(&TableHealth::num_columns_left_out))
        .Custom("log",
                "{numFiles, numBytes, firstVersion, checkpointVersion, checkpointInterval, "
                "commitsSinceCheckpoint, bytesSinceCheckpoint, numExpiredFiles, numExpiredBytes, "
                "commits [{version, timestamp, operation}]}",
                [](JsonWriter& out, const Diagnosis& it) { LogJson().Write(out, it.health.log); })
        .Custom("reclaimable",
                "{numFiles, numBytes, numKeptFiles, numKeptBytes}: what a vacuum would free, and "
                "what it keeps for older versions; or null",
                [](JsonWriter& out, const Diagnosis& it) {
                  WriteOrNull(out, SpaceJson(), it.health.reclaimable);
                })
        .Custom("compaction",
                "{numFiles, numBytes, numGroups, strategy}: what optimize would write again; or "
                "null where this build must not write the table",
                [](JsonWriter& out, const Diagnosis& it) {
                  WriteOrNull(out, CompactionJson(), it.health.compaction);
                });
  });
}

}  // namespace

std::vector<CallDoc> DoctorCalls() {
  return {{"deltaic_table_doctor", DoctorOptions().docs(), DiagnosisJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::Status;
using deltaic::capi::Guard;

extern "C" deltaic_status deltaic_table_doctor(deltaic_table* table, const deltaic_options* options,
                                               char** result_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("table", table));
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("result_json", result_json));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::DoctorOptions().Read(options));
    call.cancel = deltaic::capi::CancellationOf(options);
    deltaic::SnapshotPtr snapshot = table->loaded.Get();
    if (snapshot == nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(snapshot, table->table->Load());
      table->loaded.Set(snapshot);
    }
    deltaic::capi::Diagnosis diagnosis;
    DELTAIC_ASSIGN_OR_RETURN(diagnosis.health, deltaic::ExamineTable(table->table, snapshot, call));
    diagnosis.findings = deltaic::AdviceFor(diagnosis.health);
    *result_json = deltaic::capi::NewString(deltaic::capi::DiagnosisJson().Format(diagnosis));
    return Status::Ok();
  });
}
