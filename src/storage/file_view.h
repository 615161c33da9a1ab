#pragma once

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <memory>
#include <utility>

namespace deltaic {

/// A file that another one stands behind: what reads at positions is the deriving class's, all else
/// is passed on. Safe from as many threads as the other is.
class FileView : public arrow::io::RandomAccessFile {
 public:
  arrow::Status Close() override { return inner_->Close(); }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Seek(int64_t position) override { return inner_->Seek(position); }
  arrow::Result<int64_t> GetSize() override { return inner_->GetSize(); }
  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override {
    return inner_->Read(nbytes, out);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    return inner_->Read(nbytes);
  }
  using arrow::io::RandomAccessFile::ReadAt;

 protected:
  explicit FileView(std::shared_ptr<arrow::io::RandomAccessFile> inner)
      : inner_(std::move(inner)) {}
  const std::shared_ptr<arrow::io::RandomAccessFile> inner_;
};

}  // namespace deltaic
