#include "data/actions/commit_reader.h"

#include <arrow/api.h>

#include <set>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <variant>

#include "data/actions/file_action_builder.h"
#include "log/file_key_hash.h"
#include "protocol/actions_json.h"

namespace deltaic {
namespace {

/// Whether what a compacted file says of each thing is said once.
class ReconciliationCheck {
 public:
  bool IsFirst(const Action& action) {
    if (const auto* add = std::get_if<Add>(&action)) {
      return IsFirstOfFile(add->path, add->deletion_vector);
    }
    if (const auto* remove = std::get_if<Remove>(&action)) {
      return IsFirstOfFile(remove->path, remove->deletion_vector);
    }
    if (const auto* txn = std::get_if<Txn>(&action)) return apps_.insert(txn->app_id).second;
    if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
      return domains_.insert(domain->domain).second;
    }
    if (std::holds_alternative<Protocol>(action)) return !std::exchange(has_protocol_, true);
    if (std::holds_alternative<Metadata>(action)) return !std::exchange(has_metadata_, true);
    return true;
  }

 private:
  bool IsFirstOfFile(const std::string& path,
                     const std::optional<DeletionVectorDescriptor>& vector) {
    const std::string dv_id = vector ? vector->UniqueId() : std::string();
    return files_.insert(HashKey({CanonicalPath(path), dv_id})).second;
  }

  std::unordered_set<uint64_t> files_;
  std::set<std::string> apps_, domains_;
  bool has_protocol_ = false, has_metadata_ = false;
};

}  // namespace

struct CommitChunkBuilder::Impl {
  CommitChunk chunk;
  AddBatchBuilder adds{FileColumns{}};
  RemoveBatchBuilder removes;

  Status Take(Action&& action, CommitEntry& entry) {
    return std::visit(
        [&](auto&& value) -> Status {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, Add>) return adds.Append(value);
          if constexpr (std::is_same_v<T, Remove>) return removes.Append(value);
          if constexpr (std::is_same_v<T, Protocol>) chunk.protocol = std::move(value);
          if constexpr (std::is_same_v<T, Metadata>) chunk.metadata = std::move(value);
          if constexpr (std::is_same_v<T, Txn>) chunk.txns.push_back(std::move(value));
          if constexpr (std::is_same_v<T, DomainMetadata>)
            chunk.domains.push_back(std::move(value));
          if constexpr (std::is_same_v<T, Sidecar>) chunk.sidecars.push_back(std::move(value));
          if constexpr (std::is_same_v<T, CommitInfo>) {
            if (!entry.in_commit_timestamp) entry.in_commit_timestamp = value.in_commit_timestamp;
          }
          return Status::Ok();
        },
        std::move(action));
  }
};

CommitChunkBuilder::CommitChunkBuilder() : impl_(std::make_unique<Impl>()) {}
CommitChunkBuilder::~CommitChunkBuilder() = default;

Status CommitChunkBuilder::Append(Version first, Version last, std::string_view json_lines,
                                  std::string_view name) {
  CommitEntry entry{.first = first,
                    .last = last,
                    .adds_begin = impl_->adds.num_rows(),
                    .removes_begin = impl_->removes.num_rows(),
                    .in_commit_timestamp = std::nullopt,
                    .mark = MarkOfCommit(json_lines)};
  std::optional<ReconciliationCheck> check;
  if (first != last) check.emplace();
  ActionFilter filter;
  filter.cdc = false;
  filter.checkpoint_metadata = false;
  DELTAIC_RETURN_IF_ERROR(ParseCommit(json_lines, name, filter, [&](Action&& action) -> Status {
    if (check && !check->IsFirst(action)) {
      return Status::Corruption(
          name,
          " is not reconciled: it says two things of one file, application, domain, or "
          "of the table; delete the file, which the table does not need");
    }
    return impl_->Take(std::move(action), entry);
  }));
  entry.adds_end = impl_->adds.num_rows();
  entry.removes_end = impl_->removes.num_rows();
  impl_->chunk.commits.push_back(entry);
  return Status::Ok();
}

Result<std::shared_ptr<const CommitChunk>> CommitChunkBuilder::Finish() {
  DELTAIC_ASSIGN_OR_RETURN(impl_->chunk.adds, impl_->adds.Finish());
  DELTAIC_ASSIGN_OR_RETURN(impl_->chunk.removes, impl_->removes.Finish());
  return std::make_shared<const CommitChunk>(std::move(impl_->chunk));
}

uint64_t MarkOfCommit(std::string_view json_lines) {
  return HashBytes(json_lines.substr(0, kMarkedCommitBytes), kHashSeed0);
}

Result<std::optional<CommitInfo>> ParseCommitInfo(std::string_view json_lines,
                                                  std::string_view name) {
  ActionFilter filter;
  filter.metadata = filter.protocol = filter.add = filter.remove = filter.cdc = filter.txn =
      filter.domain_metadata = filter.checkpoint_metadata = filter.sidecar = false;
  std::optional<CommitInfo> found;
  // The file may be long after its commitInfo, so the first one ends the parsing, by an outcome
  // that nobody else uses.
  const Status stop = Status::Cancelled("commitInfo found");
  const Status status = ParseCommit(json_lines, name, filter, [&](Action&& action) {
    if (auto* info = std::get_if<CommitInfo>(&action)) {
      found = std::move(*info);
      return stop;
    }
    return Status::Ok();
  });
  if (!found) DELTAIC_RETURN_IF_ERROR(status);
  return found;
}

}  // namespace deltaic
