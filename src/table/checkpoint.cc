#include "table/checkpoint.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "data/checkpoint/checkpoint_writer.h"
#include "protocol/last_checkpoint.h"
#include "protocol/log_file_name.h"
#include "protocol/table_features.h"
#include "table/clock.h"
#include "table/parsed_columns.h"
#include "table/version_check.h"

namespace deltaic {
namespace {

/// Transactions whose last update lies in the table's retention; those without a time are kept.
Result<std::vector<Txn>> UnexpiredTransactions(const Snapshot& snapshot, int64_t now_ms) {
  DELTAIC_ASSIGN_OR_RETURN(std::vector<Txn> txns, snapshot.Transactions());
  if (const auto retention_ms = snapshot.properties().set_transaction_retention_ms) {
    std::erase_if(txns, [&](const Txn& txn) {
      return txn.last_updated && *txn.last_updated <= now_ms - *retention_ms;
    });
  }
  return txns;
}

Result<std::vector<DomainMetadata>> LiveDomains(const Snapshot& snapshot) {
  DELTAIC_ASSIGN_OR_RETURN(std::vector<DomainMetadata> domains, snapshot.Domains());
  std::erase_if(domains, [](const DomainMetadata& domain) { return domain.removed; });
  return domains;
}

/// Hands over each batch of `files`.
template <typename Write>
Status ForEachBatch(FileStream& files, const CancellationToken& cancel, Write write) {
  while (true) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::RecordBatch> batch, files.Next());
    if (batch == nullptr) return Status();
    DELTAIC_RETURN_IF_ERROR(write(batch));
  }
}

/// What a checkpoint is made of; most failures happen while it is gathered.
struct CheckpointContent {
  CheckpointWriterOptions options;
  std::vector<Txn> txns;
  std::vector<DomainMetadata> domains;
  std::unique_ptr<FileStream> adds, removes;
};

Result<CheckpointContent> Gather(const Snapshot& snapshot, const CheckpointRun& run) {
  CheckpointContent content;
  CheckpointWriterOptions& options = content.options;
  options.stats_as_json = snapshot.properties().checkpoint_write_stats_as_json;
  FileListOptions files{.cancel = run.cancel};
  if (snapshot.properties().checkpoint_write_stats_as_struct) {
    DELTAIC_ASSIGN_OR_RETURN(auto parsed, ParsedColumns::Make(snapshot));
    options.more_of_add = parsed->fields();
    files.convert = [parsed = std::move(parsed)](const arrow::RecordBatch& adds) {
      return parsed->AppendTo(adds);
    };
  }
  const int64_t now_ms = NowMs();
  DELTAIC_ASSIGN_OR_RETURN(content.txns, UnexpiredTransactions(snapshot, now_ms));
  DELTAIC_ASSIGN_OR_RETURN(content.domains, LiveDomains(snapshot));
  DELTAIC_ASSIGN_OR_RETURN(content.adds, snapshot.ListFiles(std::move(files)));
  DELTAIC_ASSIGN_OR_RETURN(content.removes, snapshot.ListTombstones(TimestampMs{now_ms}));
  return content;
}

int64_t SizesOf(const arrow::RecordBatch& adds) {
  const auto& sizes = static_cast<const arrow::Int64Array&>(*adds.GetColumnByName("size"));
  int64_t sum = 0;
  for (int64_t i = 0; i < sizes.length(); ++i) sum += sizes.Value(i);
  return sum;
}

/// Streams the file actions into `writer`. \return bytes of the live files.
template <typename Writer>
Result<int64_t> WriteFileActions(const CheckpointContent& content, const CheckpointRun& run,
                                 Writer& writer) {
  int64_t num_adds = 0, num_data_bytes = 0;
  DELTAIC_RETURN_IF_ERROR(ForEachBatch(*content.adds, run.cancel, [&](const auto& batch) -> Status {
    DELTAIC_RETURN_IF_ERROR(writer.WriteAdds(batch));
    num_adds += batch->num_rows();
    num_data_bytes += SizesOf(*batch);
    if (run.progress) run.progress(num_adds);
    return Status();
  }));
  DELTAIC_RETURN_IF_ERROR(ForEachBatch(
      *content.removes, run.cancel, [&](const auto& batch) { return writer.WriteRemoves(batch); }));
  return num_data_bytes;
}

/// What was written: all files of the checkpoint, the one that is found by its name, and what the
/// live files have.
struct WrittenParts {
  CheckpointWriteResult all;
  TopFile top;
  int64_t num_data_bytes = 0;
};

Result<WrittenParts> WriteWhole(const Snapshot& snapshot, const CheckpointRun& run) {
  DELTAIC_ASSIGN_OR_RETURN(const CheckpointContent content, Gather(snapshot, run));
  WrittenParts parts{.all = {}, .top = {.name = ClassicCheckpointFileName(snapshot.version())}};
  DELTAIC_ASSIGN_OR_RETURN(auto out, snapshot.log()->Create(parts.top.name));
  DELTAIC_ASSIGN_OR_RETURN(const auto writer,
                           CheckpointWriter::Make(std::move(out), content.options));
  DELTAIC_RETURN_IF_ERROR(
      writer->WriteState(snapshot.protocol(), snapshot.metadata(), content.txns, content.domains));
  DELTAIC_ASSIGN_OR_RETURN(parts.num_data_bytes, WriteFileActions(content, run, *writer));
  DELTAIC_ASSIGN_OR_RETURN(parts.all, writer->Finish());
  parts.top.size_bytes = parts.all.size_bytes;
  return parts;
}

LogFileKind KindOfTop(const CheckpointTop& top, const CheckpointRun& run) {
  if (run.classic_name) return LogFileKind::kClassicCheckpoint;
  return top.num_actions() > run.most_json_actions ? LogFileKind::kUuidCheckpointParquet
                                                   : LogFileKind::kUuidCheckpointJson;
}

/// The sidecars first, so that a checkpoint that is found is whole.
Result<WrittenParts> WriteWithSidecars(const Snapshot& snapshot, const CheckpointRun& run) {
  DELTAIC_ASSIGN_OR_RETURN(CheckpointContent content, Gather(snapshot, run));
  content.options.form = CheckpointForm::kSidecar;
  SidecarsWriter sidecars(snapshot.log(), snapshot.version(), content.options,
                          run.actions_per_sidecar);
  WrittenParts parts;
  DELTAIC_ASSIGN_OR_RETURN(parts.num_data_bytes, WriteFileActions(content, run, sidecars));
  DELTAIC_ASSIGN_OR_RETURN(parts.all, sidecars.Finish());
  const CheckpointTop top{
      .metadata = {.version = snapshot.version().value,
                   .tags = StringMap{{"sidecarNumActions", std::to_string(parts.all.num_actions)},
                                     {"sidecarSizeInBytes", std::to_string(parts.all.size_bytes)},
                                     {"numOfAddFiles", std::to_string(parts.all.num_adds)}}},
      .sidecars = sidecars.sidecars(),
      .protocol = snapshot.protocol(),
      .table = snapshot.metadata(),
      .txns = std::move(content.txns),
      .domains = std::move(content.domains)};
  // From then on a failure may have left a checkpoint that names the sidecars.
  DELTAIC_ASSIGN_OR_RETURN(parts.top, WriteTop(*snapshot.log(), top, KindOfTop(top, run),
                                               [&sidecars] { sidecars.Keep(); }));
  parts.all.num_actions += top.num_actions();
  parts.all.size_bytes += parts.top.size_bytes;
  return parts;
}

/// Whether the table asks for checkpoints of the V2 form.
bool WantsSidecars(const Snapshot& snapshot) {
  const StringMap& configuration = snapshot.metadata().configuration;
  const auto policy = configuration.find("delta.checkpointPolicy");
  return policy != configuration.end() && AsciiLower(policy->second) == "v2" &&
         ProtocolHasFeature(snapshot.protocol(), "v2Checkpoint");
}

/// Where checkpoints are protected, those of early versions are left to who knows all their
/// features. Source: PROTOCOL.md, "Checkpoint Protection".
Status CheckNotProtected(const Snapshot& snapshot) {
  const int64_t first =
      snapshot.properties().require_checkpoint_protection_before_version.value_or(0);
  if (snapshot.version().value >= first ||
      !ProtocolHasFeature(snapshot.protocol(), "checkpointProtection")) {
    return Status();
  }
  return Status::InvalidArgument("version ", snapshot.version().value, " of ",
                                 snapshot.store()->root_uri(),
                                 " cannot be given a checkpoint: the table protects those below "
                                 "version ",
                                 first, " (delta.requireCheckpointProtectionBeforeVersion)");
}

/// What the hint says of a file that cannot be told from the version.
std::optional<UuidCheckpointHint> HintOf(const TopFile& top) {
  const auto name = ParseLogFileName(top.name);
  if (!name || name->kind == LogFileKind::kClassicCheckpoint) return std::nullopt;
  return UuidCheckpointHint{
      .path = top.name, .size_in_bytes = top.size_bytes, .modification_time = NowMs()};
}

/// True if `_last_checkpoint` names a version after `version`. One that cannot be read is worth
/// replacing.
bool HintIsNewer(const LogStore& log, Version version) {
  const Result<std::string> text = log.Read(kLastCheckpointFileName);
  if (!text.ok()) return false;
  const Result<LastCheckpoint> hint = ParseLastCheckpoint(*text);
  return hint.ok() && hint->version > version;
}

}  // namespace

Result<WrittenCheckpoint> WriteCheckpointFile(const Snapshot& snapshot, const CheckpointRun& run) {
  DELTAIC_RETURN_IF_ERROR(CheckNotProtected(snapshot));
  DELTAIC_ASSIGN_OR_RETURN(const WrittenParts written, WantsSidecars(snapshot)
                                                           ? WriteWithSidecars(snapshot, run)
                                                           : WriteWhole(snapshot, run));
  const WrittenCheckpoint result{written.top, written.all.num_adds, written.num_data_bytes};
  if (HintIsNewer(*snapshot.log(), snapshot.version())) return result;
  const LastCheckpoint hint{.version = snapshot.version(),
                            .size = written.all.num_actions,
                            .size_in_bytes = written.all.size_bytes,
                            .num_of_add_files = written.all.num_adds,
                            .v2_checkpoint = HintOf(written.top)};
  DELTAIC_RETURN_IF_ERROR(
      snapshot.log()->PutHint(kLastCheckpointFileName, FormatLastCheckpoint(hint)));
  return result;
}

Status WriteCheckpoint(const Snapshot& snapshot, const CheckpointRun& run) {
  DELTAIC_RETURN_IF_ERROR(CheckStillInLog(snapshot));
  return AsStatus(WriteCheckpointFile(snapshot, run));
}

}  // namespace deltaic
