#include "storage/fault_store.h"

#include <arrow/io/interfaces.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/guarded_file.h"

namespace deltaic {
namespace {

using Kind = Fault::Kind;

/// One call with its fault. `call` does it whole and returns a Status or a Result; `half` does half
/// of it.
template <typename Call, typename Half>
std::invoke_result_t<Call> Run(const Fault& fault, Call call, Half half) {
  switch (fault.kind) {
    case Kind::kFailBefore:
      return fault.status;
    case Kind::kFailAfter:
      static_cast<void>(call());
      return fault.status;
    case Kind::kHalfWritten:
      half();
      return fault.status;
    case Kind::kNone:
    case Kind::kStaleListing:
      break;
  }
  return call();
}

/// For calls of which no half can be done: that fails before.
template <typename Call>
std::invoke_result_t<Call> Run(const Fault& fault, Call call) {
  return Run(fault, std::move(call), [] {});
}

std::string_view FirstHalf(std::string_view bytes) { return bytes.substr(0, bytes.size() / 2); }

/// Asks the plan for one object's calls.
struct Asker {
  std::shared_ptr<const FaultPlan> plan;
  std::string path;
  Fault operator()(StoreCall call) const { return (*plan)(call, path); }
};

class FaultStream : public arrow::io::OutputStream {
 public:
  FaultStream(arrow::io::OutputStream* inner, Asker ask) : inner_(inner), ask_(std::move(ask)) {}

  arrow::Status Close() override { return inner_->Close(); }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Flush() override { return inner_->Flush(); }

  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, int64_t nbytes) override {
    return ToArrow(Run(
        ask_(StoreCall::kWrite), [&] { return AsStatus(inner_->Write(data, nbytes)); },
        [&] { static_cast<void>(inner_->Write(data, nbytes / 2)); }));
  }

 private:
  arrow::io::OutputStream* const inner_;
  const Asker ask_;
};

class FaultWriter : public ObjectWriter {
 public:
  FaultWriter(std::unique_ptr<ObjectWriter> inner, Asker ask)
      : inner_(std::move(inner)), ask_(ask), stream_(inner_->stream(), std::move(ask)) {}

  arrow::io::OutputStream* stream() override { return &stream_; }
  Result<int64_t> Close() override {
    const Fault fault = ask_(StoreCall::kClose);
    Result<int64_t> size = Run(fault, [&] { return inner_->Close(); });
    if (!size.ok()) inner_->Abort();
    return size;
  }
  void Abort() override { inner_->Abort(); }

 private:
  const std::unique_ptr<ObjectWriter> inner_;
  const Asker ask_;
  FaultStream stream_;
};

class FaultStore : public ObjectStore {
 public:
  FaultStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan)
      : inner_(std::move(inner)), plan_(std::make_shared<const FaultPlan>(std::move(plan))) {}

  const std::string& root_uri() const override { return inner_->root_uri(); }
  StoreTraits traits() const override { return inner_->traits(); }

  Result<ObjectMeta> Stat(std::string_view path) const override {
    return Run((*plan_)(StoreCall::kStat, path), [&] { return inner_->Stat(path); });
  }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view path, std::optional<int64_t> size_bytes) const override {
    DELTAIC_ASSIGN_OR_RETURN(auto file, Run((*plan_)(StoreCall::kOpen, path),
                                            [&] { return inner_->Open(path, size_bytes); }));
    return GuardReads(std::move(file), [ask = AskerFor(path)](int64_t, int64_t) {
      const Fault fault = ask(StoreCall::kRead);
      const bool is_for_reads = fault.kind != Kind::kNone && fault.kind != Kind::kStaleListing;
      return is_for_reads ? fault.status : Status();
    });
  }

  Result<std::string> Read(std::string_view path, int64_t max_bytes) const override {
    return Run((*plan_)(StoreCall::kRead, path), [&] { return inner_->Read(path, max_bytes); });
  }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view directory,
                                           std::string_view start_name) const override {
    const Fault fault = (*plan_)(StoreCall::kList, directory);
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ObjectMeta> files,
                             Run(fault, [&] { return inner_->ListFrom(directory, start_name); }));
    if (fault.kind == Kind::kStaleListing && !files.empty()) files.pop_back();
    return files;
  }

  Status ListRecursive(std::string_view directory,
                       const std::function<Status(const ObjectMeta&)>& visit) const override {
    const Fault fault = (*plan_)(StoreCall::kList, directory);
    if (fault.kind != Kind::kStaleListing) {
      return Run(fault, [&] { return inner_->ListRecursive(directory, visit); });
    }
    // The greatest path is known only once all have come.
    std::vector<ObjectMeta> files;
    DELTAIC_RETURN_IF_ERROR(inner_->ListRecursive(directory, [&](const ObjectMeta& file) {
      files.push_back(file);
      return Status();
    }));
    std::sort(files.begin(), files.end(),
              [](const ObjectMeta& a, const ObjectMeta& b) { return a.path < b.path; });
    if (!files.empty()) files.pop_back();
    for (const ObjectMeta& file : files) DELTAIC_RETURN_IF_ERROR(visit(file));
    return Status();
  }

  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view path) override {
    DELTAIC_ASSIGN_OR_RETURN(
        auto writer, Run((*plan_)(StoreCall::kCreate, path), [&] { return inner_->Create(path); }));
    return std::make_unique<FaultWriter>(std::move(writer), AskerFor(path));
  }

  Result<PutOutcome> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    return Run((*plan_)(StoreCall::kPutIfAbsent, path),
               [&] { return inner_->PutIfAbsent(path, bytes); },
               [&] { static_cast<void>(inner_->PutIfAbsent(path, FirstHalf(bytes))); });
  }

  Status Put(std::string_view path, std::string_view bytes) override {
    return Run((*plan_)(StoreCall::kPut, path), [&] { return inner_->Put(path, bytes); },
               [&] { static_cast<void>(inner_->Put(path, FirstHalf(bytes))); });
  }

  Status Delete(std::string_view path) override {
    return Run((*plan_)(StoreCall::kDelete, path), [&] { return inner_->Delete(path); });
  }

 private:
  Asker AskerFor(std::string_view path) const { return Asker{plan_, std::string(path)}; }

  const std::shared_ptr<ObjectStore> inner_;
  const std::shared_ptr<const FaultPlan> plan_;
};

}  // namespace

std::shared_ptr<ObjectStore> MakeFaultStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan) {
  return std::make_shared<FaultStore>(std::move(inner), std::move(plan));
}

}  // namespace deltaic
