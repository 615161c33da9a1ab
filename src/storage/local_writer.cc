#include "storage/local_writer.h"

#include <arrow/io/interfaces.h>

#include <string_view>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/atomic_file.h"

namespace deltaic {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;

/// Gathers small writes. After a failed write the file has a gap, so the failure stays.
class BufferedStream : public arrow::io::OutputStream {
 public:
  explicit BufferedStream(AtomicFile file) : file_(std::move(file)) {}

  arrow::Status Close() override {
    closed_ = true;
    return Flush();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return size_; }

  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, int64_t nbytes) override {
    if (closed_) return arrow::Status::Invalid("writing to a closed file");
    if (nbytes < 0) return arrow::Status::Invalid("writing ", nbytes, " bytes");
    const std::string_view bytes(static_cast<const char*>(data), static_cast<size_t>(nbytes));
    if (buffer_.size() + bytes.size() > kBufferBytes) ARROW_RETURN_NOT_OK(Flush());
    if (bytes.size() >= kBufferBytes) {
      ARROW_RETURN_NOT_OK(Pass(bytes));
    } else {
      buffer_.append(bytes);
    }
    size_ += nbytes;
    return arrow::Status::OK();
  }
  arrow::Status Flush() override {
    ARROW_RETURN_NOT_OK(Pass(buffer_));
    buffer_.clear();
    return arrow::Status::OK();
  }

  AtomicFile& file() { return file_; }
  int64_t size() const { return size_; }

 private:
  arrow::Status Pass(std::string_view bytes) {
    if (failure_.ok()) failure_ = file_.Write(bytes);
    return ToArrow(failure_);
  }

  AtomicFile file_;
  std::string buffer_;
  int64_t size_ = 0;
  bool closed_ = false;
  Status failure_;
};

class LocalWriter : public ObjectWriter {
 public:
  LocalWriter(AtomicFile file, std::string name, NameUse use)
      : stream_(std::move(file)), name_(std::move(name)), use_(use) {}

  arrow::io::OutputStream* stream() override { return &stream_; }

  Result<int64_t> Close() override {
    if (done_)
      return Status::InvalidArgument("closing ", name_, ": it is closed or aborted already");
    Status published = AsStatus(stream_.Close());
    if (published.ok()) published = Publish();
    Abort();
    if (!published.ok()) return published;
    return stream_.size();
  }

  void Abort() override {
    done_ = true;
    stream_.file().Discard();
  }

 private:
  Status Publish() {
    // A table names a data file only after this: what is there before, whole or not, is litter that
    // vacuum removes. So the file may have its name first, and one sync then keeps bytes and name.
    // A listed file would be taken for whole by whoever finds it.
    return use_ == NameUse::kUnannounced ? stream_.file().PublishUnannounced(name_)
                                         : stream_.file().Publish(name_);
  }

  BufferedStream stream_;
  const std::string name_;
  const NameUse use_;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<ObjectWriter>> CreateLocalFile(std::string folder, std::string name,
                                                      NameUse use) {
  DELTAIC_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(std::move(folder)));
  return std::make_unique<LocalWriter>(std::move(file), std::move(name), use);
}

}  // namespace deltaic
