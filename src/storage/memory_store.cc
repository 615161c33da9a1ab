#include "storage/memory_store.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>

#include <chrono>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/object_path.h"

namespace deltaic {
namespace {

TimestampMs Now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return TimestampMs{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

struct Object {
  std::shared_ptr<arrow::Buffer> bytes;  // immutable: readers keep it after it is replaced
  TimestampMs last_modified;
};

/// Safe from any thread. Writers share it, since they may outlive the store.
class Objects {
 public:
  Result<Object> Find(std::string_view path) const {
    const std::shared_lock lock(mutex_);
    const auto found = by_path_.find(path);
    if (found == by_path_.end()) return Status::NotFound("no object \"", path, "\" in memory");
    return found->second;
  }

  PutOutcome PutIfAbsent(std::string_view path, std::shared_ptr<arrow::Buffer> bytes) {
    const std::unique_lock lock(mutex_);
    const bool created = by_path_.try_emplace(std::string(path), std::move(bytes), Now()).second;
    return created ? PutOutcome::kCreated : PutOutcome::kAlreadyExists;
  }

  void Put(std::string_view path, std::shared_ptr<arrow::Buffer> bytes) {
    const std::unique_lock lock(mutex_);
    by_path_.insert_or_assign(std::string(path), Object{std::move(bytes), Now()});
  }

  void Delete(std::string_view path) {
    const std::unique_lock lock(mutex_);
    if (const auto found = by_path_.find(path); found != by_path_.end()) by_path_.erase(found);
  }

  /// Objects whose path starts with `prefix` and is >= prefix + start_name, by path; without `deep`
  /// only those with no '/' after the prefix.
  std::vector<ObjectMeta> List(const std::string& prefix, std::string_view start_name,
                               bool deep) const {
    std::vector<ObjectMeta> out;
    const std::shared_lock lock(mutex_);
    auto at = by_path_.lower_bound(Concat(prefix, start_name));
    while (at != by_path_.end() && at->first.starts_with(prefix)) {
      const size_t slash = at->first.find('/', prefix.size());
      if (!deep && slash != std::string::npos) {
        // '0' follows '/': this steps over all of the folder at once.
        at = by_path_.lower_bound(Concat(std::string_view(at->first).substr(0, slash), '0'));
        continue;
      }
      out.push_back({at->first, at->second.bytes->size(), at->second.last_modified});
      ++at;
    }
    return out;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, Object, std::less<>> by_path_;
};

class MemoryWriter : public ObjectWriter {
 public:
  MemoryWriter(std::shared_ptr<Objects> objects, std::string path,
               std::shared_ptr<arrow::io::BufferOutputStream> stream)
      : objects_(std::move(objects)), path_(std::move(path)), stream_(std::move(stream)) {}

  arrow::io::OutputStream* stream() override { return stream_.get(); }

  Result<int64_t> Close() override {
    if (done_)
      return Status::InvalidArgument("closing ", path_, ": it is closed or aborted already");
    done_ = true;
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> bytes, stream_->Finish());
    const int64_t size = bytes->size();
    objects_->Put(path_, std::move(bytes));
    return size;
  }

  void Abort() override { done_ = true; }

 private:
  const std::shared_ptr<Objects> objects_;
  const std::string path_;
  const std::shared_ptr<arrow::io::BufferOutputStream> stream_;
  bool done_ = false;
};

class MemoryStore : public ObjectStore {
 public:
  explicit MemoryStore(std::string root_uri) : root_uri_(std::move(root_uri)) {}

  const std::string& root_uri() const override { return root_uri_; }
  StoreTraits traits() const override { return kNearStore; }

  Result<ObjectMeta> Stat(std::string_view path) const override {
    DELTAIC_ASSIGN_OR_RETURN(const Object object, Find(path));
    return ObjectMeta{std::string(path), object.bytes->size(), object.last_modified};
  }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view path, std::optional<int64_t> /*size_bytes*/) const override {
    DELTAIC_ASSIGN_OR_RETURN(const Object object, Find(path));
    return std::make_shared<arrow::io::BufferReader>(object.bytes);
  }

  Result<std::string> Read(std::string_view path, int64_t max_bytes) const override {
    DELTAIC_ASSIGN_OR_RETURN(const Object object, Find(path));
    if (object.bytes->size() > max_bytes) {
      return Status::Io("reading ", path, ": ", object.bytes->size(),
                        " bytes, more than the allowed ", max_bytes);
    }
    return object.bytes->ToString();
  }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view directory,
                                           std::string_view start_name) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view folder, CheckFolderPath(directory));
    return objects_->List(JoinPath(folder, ""), start_name, /*deep=*/false);
  }

  Status ListRecursive(std::string_view directory,
                       const std::function<Status(const ObjectMeta&)>& visit) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view folder, CheckFolderPath(directory));
    // Visited outside of the lock, so that the visitor may use the store.
    for (const ObjectMeta& meta : objects_->List(JoinPath(folder, ""), "", /*deep=*/true)) {
      DELTAIC_RETURN_IF_ERROR(visit(meta));
    }
    return Status();
  }

  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view path) override {
    DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
    DELTAIC_ASSIGN_OR_RETURN(auto stream, arrow::io::BufferOutputStream::Create());
    return std::make_unique<MemoryWriter>(objects_, std::string(path), std::move(stream));
  }

  Result<PutOutcome> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
    return objects_->PutIfAbsent(path, arrow::Buffer::FromString(std::string(bytes)));
  }

  Status Put(std::string_view path, std::string_view bytes) override {
    DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
    objects_->Put(path, arrow::Buffer::FromString(std::string(bytes)));
    return Status();
  }

  Status Delete(std::string_view path) override {
    DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
    objects_->Delete(path);
    return Status();
  }

 private:
  Result<Object> Find(std::string_view path) const {
    DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
    return objects_->Find(path);
  }

  const std::string root_uri_;
  const std::shared_ptr<Objects> objects_ = std::make_shared<Objects>();
};

}  // namespace

std::shared_ptr<ObjectStore> MakeMemoryStore(std::string root_uri) {
  return std::make_shared<MemoryStore>(std::move(root_uri));
}

}  // namespace deltaic
