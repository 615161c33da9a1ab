#include <memory>
#include <utility>

#include "storage/guarded_file.h"
#include "storage/log_store.h"
#include "storage/object_store.h"

namespace deltaic {
namespace {

using FilePtr = std::shared_ptr<arrow::io::RandomAccessFile>;

/// Reads that ask `context` first.
Result<FilePtr> BindFile(Result<FilePtr> file, const IoContext& context) {
  if (!file.ok()) return file;
  return GuardReads(*std::move(file), [context](int64_t, int64_t) { return context.Check(); });
}

/// Asks its context before every call.
class BoundStore : public ObjectStore {
 public:
  BoundStore(std::shared_ptr<ObjectStore> inner, IoContext context)
      : inner_(std::move(inner)), context_(std::move(context)) {}

  const std::string& root_uri() const override { return inner_->root_uri(); }
  StoreTraits traits() const override { return inner_->traits(); }

  Result<ObjectMeta> Stat(std::string_view path) const override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->Stat(path);
  }
  Result<FilePtr> Open(std::string_view path, std::optional<int64_t> size_bytes) const override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return BindFile(inner_->Open(path, size_bytes), context_);
  }
  Result<std::string> Read(std::string_view path, int64_t max_bytes) const override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->Read(path, max_bytes);
  }
  Result<std::vector<ObjectMeta>> ListFrom(std::string_view directory,
                                           std::string_view start_name) const override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->ListFrom(directory, start_name);
  }
  Status ListRecursive(std::string_view directory,
                       const std::function<Status(const ObjectMeta&)>& visit) const override {
    return inner_->ListRecursive(directory, [&](const ObjectMeta& meta) {
      DELTAIC_RETURN_IF_ERROR(context_.Check());
      return visit(meta);
    });
  }
  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view path) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->Create(path);
  }
  Result<std::unique_ptr<ObjectWriter>> CreateListed(std::string_view path) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->CreateListed(path);
  }
  Result<PutOutcome> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->PutIfAbsent(path, bytes);
  }
  Status Put(std::string_view path, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->Put(path, bytes);
  }
  Status PutHint(std::string_view path, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->PutHint(path, bytes);
  }
  // What was written by a call that was cancelled is still removed.
  Status Delete(std::string_view path) override { return inner_->Delete(path); }
  Status DeleteMany(std::span<const std::string> paths) override {
    return inner_->DeleteMany(paths);
  }

 private:
  const std::shared_ptr<ObjectStore> inner_;
  const IoContext context_;
};

/// The same of a log that is no mere folder of a store.
class BoundLog : public LogStore {
 public:
  BoundLog(std::shared_ptr<LogStore> inner, IoContext context)
      : inner_(std::move(inner)), context_(std::move(context)) {}

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view start_name) const override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->ListFrom(start_name);
  }
  Result<ObjectMeta> Stat(std::string_view name) const override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->Stat(name);
  }
  Result<std::string> Read(std::string_view name) const override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->Read(name);
  }
  Result<FilePtr> Open(std::string_view name, std::optional<int64_t> size) const override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return BindFile(inner_->Open(name, size), context_);
  }
  Result<PutOutcome> PutIfAbsent(std::string_view name, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->PutIfAbsent(name, bytes);
  }
  Status Put(std::string_view name, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->Put(name, bytes);
  }
  Status PutHint(std::string_view name, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->PutHint(name, bytes);
  }
  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view name) override {
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return inner_->Create(name);
  }
  Status Delete(std::string_view name) override { return inner_->Delete(name); }
  bool has_catalog() const override { return inner_->has_catalog(); }

 private:
  const std::shared_ptr<LogStore> inner_;
  const IoContext context_;
};

}  // namespace

std::shared_ptr<ObjectStore> ObjectStore::Bind(IoContext context) {
  return std::make_shared<BoundStore>(shared_from_this(), std::move(context));
}

std::shared_ptr<ObjectStore> ObjectStore::With(IoContext context) {
  std::shared_ptr<ObjectStore> bound = Bind(context);
  if (outside_) {
    bound->AllowOutside([open = outside_, context = std::move(context)](
                            std::string_view uri) -> Result<std::shared_ptr<ObjectStore>> {
      DELTAIC_ASSIGN_OR_RETURN(const auto store, open(uri));
      return store->With(context);
    });
  }
  return bound;
}

std::shared_ptr<LogStore> LogStore::With(IoContext context) {
  return std::make_shared<BoundLog>(shared_from_this(), std::move(context));
}

}  // namespace deltaic
