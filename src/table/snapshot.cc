#include "table/snapshot.h"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

#include "data/actions/file_keys.h"
#include "protocol/file_stats.h"
#include "table/commit_times.h"
#include "table/snapshot_checksum.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

/// Keys of the rows [begin, end), with paths in one form however they were written.
std::vector<FileKey> KeysOf(const FileKeyColumns& columns, int64_t begin, int64_t end) {
  std::vector<FileKey> keys;
  keys.reserve(end - begin);
  for (int64_t i = begin; i < end; ++i)
    keys.push_back({CanonicalPath(columns.paths[i]), columns.dv_ids[i]});
  return keys;
}

FileKeyColumns KeyColumns(const arrow::RecordBatch& batch) {
  return FileKeyColumns(*batch.GetColumnByName("path"),
                        batch.GetColumnByName("deletionVector").get());
}

void ReplayChunk(const CommitChunk& chunk, FileReplay& replay, std::vector<uint8_t>& live_adds,
                 std::vector<uint8_t>& live_removes) {
  live_adds.resize(chunk.adds->num_rows());
  live_removes.resize(chunk.removes->num_rows());
  const FileKeyColumns add_columns = KeyColumns(*chunk.adds);
  const FileKeyColumns remove_columns = KeyColumns(*chunk.removes);
  for (auto commit = chunk.commits.rbegin(); commit != chunk.commits.rend(); ++commit) {
    const std::vector<FileKey> adds = KeysOf(add_columns, commit->adds_begin, commit->adds_end);
    const std::vector<FileKey> removes =
        KeysOf(remove_columns, commit->removes_begin, commit->removes_end);
    replay.Commit(adds, removes, std::span(live_adds).subspan(commit->adds_begin, adds.size()),
                  std::span(live_removes).subspan(commit->removes_begin, removes.size()));
  }
}

/// Adds what one batch of live files holds. \return false once a file without numRecords makes the
/// row count unknown.
bool CountBatch(const arrow::RecordBatch& batch, const Schema& schema, Snapshot::FileTotals& totals,
                int64_t& rows) {
  const auto& sizes = static_cast<const arrow::Int64Array&>(*batch.GetColumnByName("size"));
  const auto& stats = static_cast<const arrow::StringArray&>(*batch.GetColumnByName("stats"));
  const auto& vectors =
      static_cast<const arrow::StructArray&>(*batch.GetColumnByName("deletionVector"));
  const auto& deleted = static_cast<const arrow::Int64Array&>(*vectors.field(4));
  bool known = true;
  for (int64_t i = 0; i < batch.num_rows(); ++i) {
    ++totals.num_files;
    if (sizes.IsValid(i)) totals.total_bytes += sizes.Value(i);
    if (!known) continue;
    const FileStats parsed = ParseStatsHint(stats.IsNull(i) ? "" : stats.GetView(i), schema, {});
    known = parsed.num_records.has_value();
    if (known) rows += *parsed.num_records - (vectors.IsValid(i) ? deleted.Value(i) : 0);
  }
  return known;
}

using TxnMap = std::map<std::string, Txn, std::less<>>;
using DomainMap = std::map<std::string, DomainMetadata>;

/// The last one of each application.
Result<TxnMap> ReadTxns(const SnapshotPtr& snapshot) {
  DELTAIC_ASSIGN_OR_RETURN(const auto commits, snapshot->impl().Commits());
  DELTAIC_ASSIGN_OR_RETURN(const auto checkpoint, snapshot->impl().Checkpoint());
  TxnMap txns;
  for (auto chunk = commits->rbegin(); chunk != commits->rend(); ++chunk) {
    const std::vector<Txn>& all = (*chunk)->txns;
    for (auto txn = all.rbegin(); txn != all.rend(); ++txn) txns.try_emplace(txn->app_id, *txn);
  }
  if (checkpoint != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(CheckpointState state, checkpoint->ReadState({.txns = true}));
    for (Txn& txn : state.txns) txns.try_emplace(txn.app_id, txn);
  }
  return txns;
}

/// The last one of each name, removed ones too.
Result<DomainMap> ReadDomains(const SnapshotPtr& snapshot) {
  DELTAIC_ASSIGN_OR_RETURN(const auto commits, snapshot->impl().Commits());
  DELTAIC_ASSIGN_OR_RETURN(const auto checkpoint, snapshot->impl().Checkpoint());
  DomainMap domains;
  for (auto chunk = commits->rbegin(); chunk != commits->rend(); ++chunk) {
    const std::vector<DomainMetadata>& all = (*chunk)->domains;
    for (auto domain = all.rbegin(); domain != all.rend(); ++domain)
      domains.try_emplace(domain->domain, *domain);
  }
  if (checkpoint != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(CheckpointState state, checkpoint->ReadState({.domains = true}));
    for (DomainMetadata& domain : state.domains) domains.try_emplace(domain.domain, domain);
  }
  return domains;
}

}  // namespace

Snapshot::Snapshot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::~Snapshot() = default;

Version Snapshot::version() const { return impl_->segment.version; }
const Protocol& Snapshot::protocol() const { return impl_->protocol; }
const Metadata& Snapshot::metadata() const { return impl_->metadata; }
const SchemaPtr& Snapshot::schema() const { return impl_->schema; }
const TableProperties& Snapshot::properties() const { return impl_->properties; }
ColumnMappingMode Snapshot::column_mapping() const { return impl_->column_mapping; }
const LogSegment& Snapshot::segment() const { return impl_->segment; }
const std::shared_ptr<ObjectStore>& Snapshot::store() const { return impl_->store; }
const std::shared_ptr<LogStore>& Snapshot::log() const { return impl_->log; }
const Snapshot::Impl& Snapshot::impl() const { return *impl_; }

Result<std::shared_ptr<const OpenCheckpoint>> Snapshot::Impl::Checkpoint() const {
  if (segment.checkpoint.empty()) return std::shared_ptr<const OpenCheckpoint>();
  const std::lock_guard lock(mutex);
  if (checkpoint == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(checkpoint,
                             OpenCheckpoint::Open(log, segment.checkpoint, store->is_local()));
  }
  return checkpoint;
}

std::shared_ptr<const CommitChunks> Snapshot::Impl::CommitsIfRead() const {
  const std::lock_guard lock(mutex);
  return commits;
}

Result<std::shared_ptr<const CommitChunks>> Snapshot::Impl::Commits() const {
  const std::lock_guard lock(mutex);
  if (commits != nullptr) return commits;
  DELTAIC_ASSIGN_OR_RETURN(CommitChunks chunks,
                           ReadCommits(*log, segment.commits, store->is_local()));
  DELTAIC_RETURN_IF_ERROR(CheckAgreement(chunks, *this));
  commits = std::make_shared<const CommitChunks>(std::move(chunks));
  return commits;
}

Result<std::shared_ptr<const TailReplay>> Snapshot::Impl::Replay() const {
  DELTAIC_ASSIGN_OR_RETURN(const auto chunks, Commits());
  const std::lock_guard lock(mutex);
  if (replay != nullptr) return replay;
  auto made = std::make_shared<TailReplay>();
  made->live_adds.resize(chunks->size());
  made->live_removes.resize(chunks->size());
  for (size_t i = chunks->size(); i-- > 0;) {
    ReplayChunk(*(*chunks)[i], made->replay, made->live_adds[i], made->live_removes[i]);
  }
  replay = std::move(made);
  return replay;
}

Result<TimestampMs> Snapshot::timestamp() const {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->timestamp) return *impl_->timestamp;
  }
  const LogSegment& segment = impl_->segment;
  std::optional<TimestampMs> time;
  if (HasInCommitTimestamp(*this, version())) {
    std::optional<int64_t> in_commit;
    const auto commits = impl_->CommitsIfRead();
    if (commits != nullptr && !commits->empty())
      in_commit = commits->back()->commits.back().in_commit_timestamp;
    if (!in_commit && segment.last_commit_file) {
      DELTAIC_ASSIGN_OR_RETURN(in_commit, ReadInCommitTimestamp(*impl_->log, version()));
    }
    if (!in_commit) {
      return Status::Corruption("commit ", version().value, " of ", impl_->store->root_uri(),
                                " has no inCommitTimestamp, which the table's properties promise");
    }
    time = TimestampMs{*in_commit};
  } else if (segment.last_commit_file) {
    time = segment.last_commit_file->last_modified;
  } else {
    time = (segment.commits.empty() ? segment.checkpoint : segment.commits).back().last_modified;
  }
  const std::lock_guard lock(impl_->mutex);
  impl_->timestamp = time;
  return *time;
}

Result<Snapshot::FileTotals> Snapshot::Totals() const {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->totals) return *impl_->totals;
  }
  FileListOptions options;
  options.columns = FileColumns::PathOnly();
  options.columns.size = options.columns.stats = options.columns.deletion_vector = true;
  options.columns.record_counts_only = true;
  DELTAIC_ASSIGN_OR_RETURN(const auto stream, ListFiles(std::move(options)));
  FileTotals totals;
  int64_t rows = 0;
  bool rows_known = true;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (batch == nullptr) break;
    rows_known = CountBatch(*batch, *impl_->schema, totals, rows) && rows_known;
  }
  if (rows_known) totals.num_rows = rows;
  CompareChecksum(*impl_, totals);
  const std::lock_guard lock(impl_->mutex);
  impl_->totals = totals;
  return totals;
}

Result<std::vector<Txn>> Snapshot::Transactions() const {
  DELTAIC_RETURN_IF_ERROR(TransactionOf("").status());
  std::vector<Txn> out;
  const std::lock_guard lock(impl_->mutex);
  for (const auto& [app_id, txn] : *impl_->txns) out.push_back(txn);
  return out;
}

Result<std::optional<Txn>> Snapshot::TransactionOf(std::string_view app_id) const {
  std::unique_lock lock(impl_->mutex);
  if (!impl_->txns) {
    lock.unlock();
    DELTAIC_ASSIGN_OR_RETURN(TxnMap txns, ReadUndamaged(shared_from_this(), ReadTxns));
    lock.lock();
    impl_->txns = std::move(txns);
  }
  const auto it = impl_->txns->find(app_id);
  return it == impl_->txns->end() ? std::optional<Txn>() : std::optional<Txn>(it->second);
}

Result<std::vector<DomainMetadata>> Snapshot::Domains() const {
  std::unique_lock lock(impl_->mutex);
  if (!impl_->domains) {
    lock.unlock();
    DELTAIC_ASSIGN_OR_RETURN(DomainMap domains, ReadUndamaged(shared_from_this(), ReadDomains));
    lock.lock();
    impl_->domains = std::move(domains);
  }
  std::vector<DomainMetadata> out;
  for (const auto& [name, domain] : *impl_->domains) {
    if (!domain.removed) out.push_back(domain);
  }
  return out;
}

}  // namespace deltaic
