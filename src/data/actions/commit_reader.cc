#include "data/actions/commit_reader.h"

#include <arrow/api.h>

#include <type_traits>
#include <utility>
#include <variant>

#include "data/actions/file_action_builder.h"
#include "protocol/actions_json.h"

namespace deltaic {

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
  CommitEntry entry{first, last,        impl_->adds.num_rows(), 0, impl_->removes.num_rows(),
                    0,     std::nullopt};
  ActionFilter filter;
  filter.cdc = false;
  filter.checkpoint_metadata = false;
  DELTAIC_RETURN_IF_ERROR(ParseCommit(json_lines, name, filter, [&](Action&& action) {
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
