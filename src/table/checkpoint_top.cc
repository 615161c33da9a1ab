#include "table/checkpoint_top.h"

#include <arrow/io/interfaces.h>

#include <utility>

#include "data/checkpoint/checkpoint_writer.h"
#include "protocol/actions_json.h"
#include "storage/arrow_status.h"
#include "table/open_checkpoint.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

std::string JsonOf(const CheckpointTop& top) {
  std::vector<Action> actions = {top.metadata, top.protocol, top.table};
  actions.insert(actions.end(), top.txns.begin(), top.txns.end());
  actions.insert(actions.end(), top.domains.begin(), top.domains.end());
  actions.insert(actions.end(), top.sidecars.begin(), top.sidecars.end());
  return FormatActions(actions);
}

Result<int64_t> PutJson(LogStore& log, const std::string& name, const CheckpointTop& top,
                        const std::function<void()>& may_be_there) {
  DELTAIC_ASSIGN_OR_RETURN(const auto out, log.Create(name));
  const std::string text = JsonOf(top);
  const arrow::Status written =
      out->stream()->Write(text.data(), static_cast<int64_t>(text.size()));
  if (!written.ok()) {
    out->Abort();
    return AsStatus(written).WithContext(name);
  }
  if (may_be_there) may_be_there();
  return out->Close();
}

Result<int64_t> PutParquet(LogStore& log, const std::string& name, const CheckpointTop& top,
                           const std::function<void()>& may_be_there) {
  DELTAIC_ASSIGN_OR_RETURN(auto out, log.Create(name));
  CheckpointWriterOptions options;
  options.form = CheckpointForm::kTop;
  DELTAIC_ASSIGN_OR_RETURN(const auto writer, CheckpointWriter::Make(std::move(out), options));
  DELTAIC_RETURN_IF_ERROR(writer->WriteState(top.protocol, top.table, top.txns, top.domains));
  DELTAIC_RETURN_IF_ERROR(writer->WriteSidecars(top.metadata, top.sidecars));
  if (may_be_there) may_be_there();
  DELTAIC_ASSIGN_OR_RETURN(const CheckpointWriteResult written, writer->Finish());
  return written.size_bytes;
}

/// "00000000000000000012.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json", or with the classic
/// name.
std::string NameOf(Version version, LogFileKind kind) {
  if (kind == LogFileKind::kClassicCheckpoint) return ClassicCheckpointFileName(version);
  return Concat(VersionPrefix(version), ".checkpoint.", NewUuid(),
                kind == LogFileKind::kUuidCheckpointJson ? ".json" : ".parquet");
}

}  // namespace

int64_t CheckpointTop::num_actions() const {
  constexpr size_t kSingle = 3;  // checkpointMetadata, protocol, metaData
  return static_cast<int64_t>(kSingle + sidecars.size() + txns.size() + domains.size());
}

Result<TopFile> WriteTop(LogStore& log, const CheckpointTop& top, LogFileKind kind,
                         const std::function<void()>& may_be_there) {
  TopFile file{.name = NameOf(Version{top.metadata.version}, kind)};
  const auto put = kind == LogFileKind::kUuidCheckpointJson ? PutJson : PutParquet;
  DELTAIC_ASSIGN_OR_RETURN(file.size_bytes, put(log, file.name, top, may_be_there));
  return file;
}

Status WriteClassicTwin(const Table& table, std::span<const LogFile> checkpoint) {
  const LogFileName& name = checkpoint.front().parsed;
  if (name.kind != LogFileKind::kUuidCheckpointJson &&
      name.kind != LogFileKind::kUuidCheckpointParquet) {
    return Status();
  }
  DELTAIC_ASSIGN_OR_RETURN(
      const auto open, OpenCheckpoint::Open(table.log(), checkpoint, table.store()->is_local()));
  DELTAIC_ASSIGN_OR_RETURN(
      CheckpointState state,
      open->ReadState(
          {.protocol = true, .metadata = true, .txns = true, .domains = true, .sidecars = true}));
  if (state.sidecars.empty()) return Status();
  if (!state.protocol || !state.metadata) {
    return Status::Corruption(checkpoint.front().name, " has no protocol or no metaData");
  }
  const CheckpointTop top{.metadata = {.version = name.version.value, .tags = {}},
                          .sidecars = std::move(state.sidecars),
                          .protocol = *std::move(state.protocol),
                          .table = *std::move(state.metadata),
                          .txns = std::move(state.txns),
                          .domains = std::move(state.domains)};
  return AsStatus(WriteTop(*table.log(), top, LogFileKind::kClassicCheckpoint));
}

}  // namespace deltaic
