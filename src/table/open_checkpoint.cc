#include "table/open_checkpoint.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/percent_encoding.h"
#include "storage/object_path.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

constexpr std::string_view kSidecarFolder = "_sidecars";

/// The name inside the log folder of a sidecar. Writers store its bare name, some its path or URI;
/// it lies in `_sidecars` of this table whatever they say, so nothing outside can be named.
Result<std::string> SidecarName(const Sidecar& sidecar, const std::string& checkpoint_name) {
  const std::string path = PercentDecode(sidecar.path);
  const size_t slash = path.rfind('/');
  std::string_view folder, name = path;
  if (slash != std::string::npos) {
    folder = std::string_view(path).substr(0, slash);
    name.remove_prefix(slash + 1);
  }
  const std::string out = Concat(kSidecarFolder, "/", name);
  const bool known_folder =
      folder.empty() ? slash == std::string::npos
                     : folder == kSidecarFolder || folder.ends_with(Concat("/", kSidecarFolder));
  if (!known_folder || !CheckObjectPath(out).ok()) {
    return Status::Corruption("checkpoint file ", checkpoint_name, " names the sidecar '",
                              sidecar.path, "', which is not a file of _delta_log/_sidecars");
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<const OpenCheckpoint>> OpenCheckpoint::Open(std::shared_ptr<LogStore> log,
                                                                   std::span<const LogFile> files,
                                                                   bool local) {
  auto out = std::make_shared<OpenCheckpoint>();
  out->log_ = std::move(log);
  out->local_ = local;
  const LogFile& first = files.front();
  if (first.parsed.kind == LogFileKind::kUuidCheckpointJson) {
    DELTAIC_ASSIGN_OR_RETURN(const std::string bytes, out->log_->Read(first.name));
    CommitChunkBuilder builder;
    DELTAIC_RETURN_IF_ERROR(
        builder.Append(first.parsed.version, first.parsed.version, bytes, first.name));
    DELTAIC_ASSIGN_OR_RETURN(out->json_, builder.Finish());
    return std::shared_ptr<const OpenCheckpoint>(std::move(out));
  }
  out->files_.resize(files.size());
  DELTAIC_RETURN_IF_ERROR(ParallelFor(
      static_cast<int64_t>(files.size()), DefaultThreads(local), [&](int64_t i) -> Status {
        DELTAIC_ASSIGN_OR_RETURN(out->files_[i], CheckpointFile::Open(*out->log_, files[i].name,
                                                                      files[i].size_bytes, local));
        return Status::Ok();
      }));
  return std::shared_ptr<const OpenCheckpoint>(std::move(out));
}

Result<CheckpointState> OpenCheckpoint::ReadState(const StateColumns& wanted) const {
  CheckpointState state;
  if (json_ != nullptr) {
    state.protocol = json_->protocol;
    state.metadata = json_->metadata;
    state.txns = json_->txns;
    state.domains = json_->domains;
    state.sidecars = json_->sidecars;
    return state;
  }
  for (const auto& file : files_) {
    StateColumns missing = wanted;
    missing.protocol = wanted.protocol && !state.protocol;
    missing.metadata = wanted.metadata && !state.metadata;
    DELTAIC_RETURN_IF_ERROR(ReadCheckpointState(*file, missing, state));
  }
  return state;
}

Result<std::vector<std::shared_ptr<const CheckpointFile>>> OpenCheckpoint::FileActionFiles() const {
  DELTAIC_ASSIGN_OR_RETURN(const CheckpointState state, ReadState({.sidecars = true}));
  const std::string& checkpoint_name = json_ != nullptr ? "" : files_.front()->name();
  std::vector<std::string> names;
  for (const Sidecar& sidecar : state.sidecars) {
    DELTAIC_ASSIGN_OR_RETURN(names.emplace_back(), SidecarName(sidecar, checkpoint_name));
  }
  std::vector<std::shared_ptr<const CheckpointFile>> out = files_;
  out.resize(files_.size() + names.size());
  DELTAIC_RETURN_IF_ERROR(ParallelFor(
      static_cast<int64_t>(names.size()), DefaultThreads(local_), [&](int64_t i) -> Status {
        auto opened = CheckpointFile::Open(*log_, names[i], std::nullopt, local_);
        if (opened.status().code() == StatusCode::kNotFound) {
          return Status::Corruption("sidecar ", names[i], " of the checkpoint is missing");
        }
        DELTAIC_ASSIGN_OR_RETURN(out[files_.size() + i], std::move(opened));
        return Status::Ok();
      }));
  return out;
}

}  // namespace deltaic
