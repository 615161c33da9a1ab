#include "ops/spill_file.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "storage/arrow_status.h"
#include "storage/errno_status.h"

namespace deltaic {
namespace {

std::string TemporaryFolder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

}  // namespace

SpillFile::~SpillFile() {
  if (fd_ >= 0) close(fd_);
}

Status SpillFile::Open() {
  if (fd_ >= 0) return Status();
  std::string path = TemporaryFolder() + "/deltaic-XXXXXX";
  fd_ = mkostemp(path.data(), O_CLOEXEC);
  if (fd_ < 0) return StatusFromErrno(errno, "making a temporary file", path);
  unlink(path.c_str());
  return Status();
}

Result<SpillFile::Extent> SpillFile::Write(const arrow::RecordBatch& batch) {
  DELTAIC_ASSIGN_OR_RETURN(
      const std::shared_ptr<arrow::Buffer> bytes,
      arrow::ipc::SerializeRecordBatch(batch, arrow::ipc::IpcWriteOptions::Defaults()));
  return Write({bytes->data(), static_cast<size_t>(bytes->size())});
}

Result<SpillFile::Extent> SpillFile::Write(std::span<const uint8_t> bytes) {
  DELTAIC_RETURN_IF_ERROR(Open());
  const auto size = static_cast<int64_t>(bytes.size());
  if (max_bytes_ > 0 && size_bytes_ + size > max_bytes_) {
    return Status::Io("rows on their way would take more than ", max_bytes_,
                      " bytes of temporary files; allow more, or give the work more memory");
  }
  int64_t done = 0;
  while (done < size) {
    const ssize_t written =
        pwrite(fd_, bytes.data() + done, static_cast<size_t>(size - done), size_bytes_ + done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return StatusFromErrno(errno, "writing a temporary file in", TemporaryFolder());
    done += written;
  }
  const Extent extent{size_bytes_, size};
  size_bytes_ += size;
  return extent;
}

Status SpillFile::Read(const Extent& extent, uint8_t* out) const {
  int64_t done = 0;
  while (done < extent.size) {
    const ssize_t read =
        pread(fd_, out + done, static_cast<size_t>(extent.size - done), extent.offset + done);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return StatusFromErrno(errno, "reading a temporary file in", TemporaryFolder());
    if (read == 0) return Status::Io("a temporary file in ", TemporaryFolder(), " was cut");
    done += read;
  }
  return Status();
}

Result<std::shared_ptr<arrow::RecordBatch>> SpillFile::Read(const Extent& extent) const {
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> bytes,
                           arrow::AllocateBuffer(extent.size));
  DELTAIC_RETURN_IF_ERROR(Read(extent, bytes->mutable_data()));
  arrow::io::BufferReader reader(std::move(bytes));
  const arrow::ipc::DictionaryMemo memo;
  DELTAIC_ASSIGN_OR_RETURN(
      auto batch,
      arrow::ipc::ReadRecordBatch(schema_, &memo, arrow::ipc::IpcReadOptions::Defaults(), &reader));
  return batch;
}

}  // namespace deltaic
