#include "storage/far_store.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>

#include <algorithm>
#include <utility>

#include "storage/first_page.h"
#include "storage/guarded_file.h"
#include "storage/object_path.h"

namespace deltaic {
namespace {

using Kind = FarRequest::Kind;

constexpr size_t kNamesPerPage = 1000;

/// Sends requests that take a time.
struct Wire {
  std::shared_ptr<FarRequests> requests;
  std::chrono::microseconds latency;
  IoContext context;

  Status Send(FarRequest request) const {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    const size_t number = requests->Begin(std::move(request));
    const Status waited = context.Wait(latency);
    requests->End(number);
    return waited;
  }
  Status Send(Kind kind, std::string_view path) const {
    return Send(FarRequest{.kind = kind, .path = std::string(path)});
  }
};

class FarWriter : public ObjectWriter {
 public:
  FarWriter(std::unique_ptr<ObjectWriter> inner, Wire wire, std::string path)
      : inner_(std::move(inner)), wire_(std::move(wire)), path_(std::move(path)) {}

  arrow::io::OutputStream* stream() override { return inner_->stream(); }
  Result<int64_t> Close() override {
    if (const Status sent = wire_.Send(Kind::kPut, path_); !sent.ok()) {
      inner_->Abort();
      return sent;
    }
    return inner_->Close();
  }
  void Abort() override { inner_->Abort(); }

 private:
  const std::unique_ptr<ObjectWriter> inner_;
  const Wire wire_;
  const std::string path_;
};

class FarStore : public ObjectStore, public ListsByPage {
 public:
  FarStore(std::shared_ptr<ObjectStore> inner, Wire wire)
      : inner_(std::move(inner)), wire_(std::move(wire)) {}

  const std::string& root_uri() const override { return inner_->root_uri(); }

  Result<ObjectMeta> Stat(std::string_view path) const override {
    DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kHead, path));
    return inner_->Stat(path);
  }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view path, std::optional<int64_t> size_bytes) const override {
    DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
    if (!size_bytes) DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kHead, path));
    auto file = inner_->Open(path, std::nullopt);
    // With the size known nothing is asked yet, and an absent file found at the first read.
    Status absent;
    if (size_bytes && file.status().code() == StatusCode::kNotFound) {
      absent = file.status();
      file = std::static_pointer_cast<arrow::io::RandomAccessFile>(
          std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(nullptr, 0)));
    }
    DELTAIC_RETURN_IF_ERROR(file.status());
    return GuardReads(
        *std::move(file),
        [wire = wire_, absent, path = std::string(path)](int64_t offset, int64_t num_bytes) {
          DELTAIC_RETURN_IF_ERROR(wire.Send(
              {.kind = Kind::kGet, .path = path, .offset = offset, .num_bytes = num_bytes}));
          return absent;
        },
        size_bytes);
  }

  Result<std::string> Read(std::string_view path, int64_t max_bytes) const override {
    DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kGet, path));
    return inner_->Read(path, max_bytes);
  }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view directory,
                                           std::string_view start_name) const override {
    DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kList, directory));
    DELTAIC_ASSIGN_OR_RETURN(auto names, inner_->ListFrom(directory, start_name));
    for (size_t page = kNamesPerPage; page < names.size(); page += kNamesPerPage)
      DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kList, directory));
    return names;
  }

  Result<ListingPage> FirstPage(std::string_view directory,
                                std::string_view start_name) const override {
    DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kList, directory));
    DELTAIC_ASSIGN_OR_RETURN(auto names, inner_->ListFrom(directory, start_name));
    const bool is_last = names.size() <= kNamesPerPage;
    if (!is_last) names.resize(kNamesPerPage);
    return ListingPage{std::move(names), is_last};
  }

  Status ListRecursive(std::string_view directory,
                       const std::function<Status(const ObjectMeta&)>& visit) const override {
    size_t names = 0;
    const auto visit_pages = [&](const ObjectMeta& meta) -> Status {
      if (names++ % kNamesPerPage == 0 && names > 1)
        DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kList, directory));
      return visit(meta);
    };
    DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kList, directory));
    return inner_->ListRecursive(directory, visit_pages);
  }

  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view path) override {
    DELTAIC_ASSIGN_OR_RETURN(auto writer, inner_->Create(path));
    return std::make_unique<FarWriter>(std::move(writer), wire_, std::string(path));
  }

  Result<PutOutcome> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kPut, path));
    return inner_->PutIfAbsent(path, bytes);
  }
  Status Put(std::string_view path, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kPut, path));
    return inner_->Put(path, bytes);
  }
  Status Delete(std::string_view path) override {
    DELTAIC_RETURN_IF_ERROR(wire_.Send(Kind::kDelete, path));
    return inner_->Delete(path);
  }

 protected:
  std::shared_ptr<ObjectStore> Bind(IoContext context) override {
    return std::make_shared<FarStore>(inner_,
                                      Wire{wire_.requests, wire_.latency, std::move(context)});
  }

 private:
  const std::shared_ptr<ObjectStore> inner_;
  const Wire wire_;
};

}  // namespace

size_t FarRequests::Begin(FarRequest request) {
  const std::lock_guard lock(mutex_);
  request.round = rounds_ended_ + 1;
  requests_.push_back(std::move(request));
  most_at_once_ = std::max(most_at_once_, ++at_once_);
  return first_ + requests_.size() - 1;
}

void FarRequests::End(size_t number) {
  const std::lock_guard lock(mutex_);
  --at_once_;
  if (number < first_) return;  // from before Reset()
  rounds_ended_ = std::max(rounds_ended_, requests_[number - first_].round);
}

void FarRequests::Reset() {
  const std::lock_guard lock(mutex_);
  first_ += requests_.size();
  requests_.clear();
  rounds_ended_ = 0;
  most_at_once_ = at_once_;
}

std::vector<FarRequest> FarRequests::all() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int64_t FarRequests::Count(FarRequest::Kind kind) const {
  const std::lock_guard lock(mutex_);
  return std::count_if(requests_.begin(), requests_.end(),
                       [&](const FarRequest& request) { return request.kind == kind; });
}

int FarRequests::rounds() const {
  const std::lock_guard lock(mutex_);
  int rounds = 0;
  for (const FarRequest& request : requests_) rounds = std::max(rounds, request.round);
  return rounds;
}

int FarRequests::most_at_once() const {
  const std::lock_guard lock(mutex_);
  return most_at_once_;
}

std::shared_ptr<ObjectStore> MakeFarStore(std::shared_ptr<ObjectStore> inner,
                                          std::shared_ptr<FarRequests> requests,
                                          std::chrono::microseconds latency) {
  return std::make_shared<FarStore>(std::move(inner),
                                    Wire{std::move(requests), latency, IoContext()});
}

}  // namespace deltaic
