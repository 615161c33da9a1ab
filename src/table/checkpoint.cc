#include "table/checkpoint.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <utility>
#include <vector>

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

Result<CheckpointWriteResult> WriteParquet(const Snapshot& snapshot, const CheckpointRun& run) {
  CheckpointWriterOptions options{
      .stats_as_json = snapshot.properties().checkpoint_write_stats_as_json, .more_of_add = {}};
  FileListOptions files{.cancel = run.cancel};
  if (snapshot.properties().checkpoint_write_stats_as_struct) {
    DELTAIC_ASSIGN_OR_RETURN(auto parsed, ParsedColumns::Make(snapshot));
    options.more_of_add = parsed->fields();
    files.convert = [parsed = std::move(parsed)](const arrow::RecordBatch& adds) {
      return parsed->AppendTo(adds);
    };
  }
  const int64_t now_ms = NowMs();
  // Gathered before the file is begun: most failures happen here.
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<Txn> txns, UnexpiredTransactions(snapshot, now_ms));
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<DomainMetadata> domains, LiveDomains(snapshot));
  DELTAIC_ASSIGN_OR_RETURN(auto adds, snapshot.ListFiles(std::move(files)));
  DELTAIC_ASSIGN_OR_RETURN(auto removes, snapshot.ListTombstones(TimestampMs{now_ms}));

  DELTAIC_ASSIGN_OR_RETURN(auto out,
                           snapshot.log()->Create(ClassicCheckpointFileName(snapshot.version())));
  DELTAIC_ASSIGN_OR_RETURN(auto writer, CheckpointWriter::Make(std::move(out), options));
  DELTAIC_RETURN_IF_ERROR(
      writer->WriteState(snapshot.protocol(), snapshot.metadata(), txns, domains));
  int64_t num_adds = 0;
  DELTAIC_RETURN_IF_ERROR(ForEachBatch(*adds, run.cancel, [&](const auto& batch) -> Status {
    DELTAIC_RETURN_IF_ERROR(writer->WriteAdds(batch));
    num_adds += batch->num_rows();
    if (run.progress) run.progress(num_adds);
    return Status();
  }));
  DELTAIC_RETURN_IF_ERROR(ForEachBatch(
      *removes, run.cancel, [&](const auto& batch) { return writer->WriteRemoves(batch); }));
  return writer->Finish();
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

/// True if `_last_checkpoint` names a version after `version`. One that cannot be read is worth
/// replacing.
bool HintIsNewer(const LogStore& log, Version version) {
  const Result<std::string> text = log.Read(kLastCheckpointFileName);
  if (!text.ok()) return false;
  const Result<LastCheckpoint> hint = ParseLastCheckpoint(*text);
  return hint.ok() && hint->version > version;
}

}  // namespace

Result<int64_t> WriteCheckpointFile(const Snapshot& snapshot, const CheckpointRun& run) {
  DELTAIC_RETURN_IF_ERROR(CheckNotProtected(snapshot));
  DELTAIC_ASSIGN_OR_RETURN(const CheckpointWriteResult written, WriteParquet(snapshot, run));
  if (HintIsNewer(*snapshot.log(), snapshot.version())) return written.size_bytes;
  const LastCheckpoint hint{.version = snapshot.version(),
                            .size = written.num_actions,
                            .size_in_bytes = written.size_bytes,
                            .num_of_add_files = written.num_adds};
  DELTAIC_RETURN_IF_ERROR(
      snapshot.log()->PutHint(kLastCheckpointFileName, FormatLastCheckpoint(hint)));
  return written.size_bytes;
}

Status WriteCheckpoint(const Snapshot& snapshot, const CheckpointRun& run) {
  DELTAIC_RETURN_IF_ERROR(CheckStillInLog(snapshot));
  return AsStatus(WriteCheckpointFile(snapshot, run));
}

}  // namespace deltaic
