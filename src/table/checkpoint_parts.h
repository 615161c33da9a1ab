#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/checkpoint/checkpoint_writer.h"
#include "protocol/actions.h"
#include "storage/log_store.h"

namespace deltaic {

/// Actions that one sidecar holds before the next is begun.
inline constexpr int64_t kActionsPerSidecar = 250'000;

/// The folder of the log that sidecars are in.
inline constexpr const char* kSidecarFolder = "_sidecars";

/// Writes the file actions of a checkpoint of the V2 form, in sidecars of their own. They are
/// deleted with this object unless Keep() was called. One thread at a time.
class SidecarsWriter {
 public:
  /// \param version  of the checkpoint, for names.
  /// \param options  of each sidecar.
  SidecarsWriter(std::shared_ptr<LogStore> log, Version version, CheckpointWriterOptions options,
                 int64_t actions_per_sidecar = kActionsPerSidecar);
  ~SidecarsWriter();
  SidecarsWriter(const SidecarsWriter&) = delete;
  SidecarsWriter& operator=(const SidecarsWriter&) = delete;

  Status WriteAdds(const std::shared_ptr<arrow::RecordBatch>& adds);
  Status WriteRemoves(const std::shared_ptr<arrow::RecordBatch>& removes);
  /// Closes the last. \return what all of them hold together.
  Result<CheckpointWriteResult> Finish();
  const std::vector<Sidecar>& sidecars() const { return sidecars_; }
  /// To be called once a checkpoint names them.
  void Keep() { kept_ = true; }

 private:
  Status BeginIfNone();
  Status EndIfFull(int64_t rows);
  Status End();

  const std::shared_ptr<LogStore> log_;
  const Version version_;
  const CheckpointWriterOptions options_;
  const int64_t actions_per_sidecar_;
  std::unique_ptr<CheckpointWriter> writer_;
  std::string name_;         ///< of what writer_ writes
  int64_t num_actions_ = 0;  ///< in it
  std::vector<Sidecar> sidecars_;
  CheckpointWriteResult total_;
  bool kept_ = false;
};

}  // namespace deltaic
