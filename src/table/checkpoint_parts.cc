#include "table/checkpoint_parts.h"

#include <arrow/record_batch.h>

#include <cstdio>
#include <utility>

#include "base/log_sink.h"
#include "table/clock.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

std::string SidecarName(Version version, size_t number) {
  char text[48];
  std::snprintf(text, sizeof(text), "%020lld.checkpoint.%010zu.",
                static_cast<long long>(version.value), number);
  return Concat(text, NewUuid(), ".parquet");
}

}  // namespace

SidecarsWriter::SidecarsWriter(std::shared_ptr<LogStore> log, Version version,
                               CheckpointWriterOptions options, int64_t actions_per_sidecar)
    : log_(std::move(log)),
      version_(version),
      options_(std::move(options)),
      actions_per_sidecar_(actions_per_sidecar) {}

SidecarsWriter::~SidecarsWriter() {
  if (kept_) return;
  for (const Sidecar& sidecar : sidecars_) {
    const Status status = log_->Delete(Concat(kSidecarFolder, "/", sidecar.path));
    if (!status.ok()) {
      Log(LogLevel::kWarning,
          Concat("the sidecar ", sidecar.path,
                 " of a checkpoint that failed could not be deleted: ", status.message()));
    }
  }
}

Status SidecarsWriter::BeginIfNone() {
  if (writer_ != nullptr) return Status();
  name_ = SidecarName(version_, sidecars_.size() + 1);
  DELTAIC_ASSIGN_OR_RETURN(auto out, log_->Create(Concat(kSidecarFolder, "/", name_)));
  DELTAIC_ASSIGN_OR_RETURN(writer_, CheckpointWriter::Make(std::move(out), options_));
  num_actions_ = 0;
  return Status();
}

Status SidecarsWriter::EndIfFull(int64_t rows) {
  num_actions_ += rows;
  return num_actions_ >= actions_per_sidecar_ ? End() : Status();
}

Status SidecarsWriter::End() {
  DELTAIC_ASSIGN_OR_RETURN(const CheckpointWriteResult written, writer_->Finish());
  writer_.reset();
  sidecars_.push_back({.path = name_,
                       .size_in_bytes = written.size_bytes,
                       .modification_time = NowMs(),
                       .tags = {}});
  total_.num_actions += written.num_actions;
  total_.num_adds += written.num_adds;
  total_.size_bytes += written.size_bytes;
  return Status();
}

Status SidecarsWriter::WriteAdds(const std::shared_ptr<arrow::RecordBatch>& adds) {
  DELTAIC_RETURN_IF_ERROR(BeginIfNone());
  DELTAIC_RETURN_IF_ERROR(writer_->WriteAdds(adds));
  return EndIfFull(adds->num_rows());
}

Status SidecarsWriter::WriteRemoves(const std::shared_ptr<arrow::RecordBatch>& removes) {
  DELTAIC_RETURN_IF_ERROR(BeginIfNone());
  DELTAIC_RETURN_IF_ERROR(writer_->WriteRemoves(removes));
  return EndIfFull(removes->num_rows());
}

Result<CheckpointWriteResult> SidecarsWriter::Finish() {
  if (writer_ != nullptr) DELTAIC_RETURN_IF_ERROR(End());
  return total_;
}

}  // namespace deltaic
