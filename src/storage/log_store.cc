#include "storage/log_store.h"

#include <utility>

#include "storage/first_page.h"
#include "storage/object_path.h"
#include "storage/own_log.h"

namespace deltaic {
namespace {

constexpr std::string_view kLogFolder = "_delta_log";

/// Relies on the ObjectStore's own PutIfAbsent.
class ObjectLogStore : public LogStore {
 public:
  explicit ObjectLogStore(std::shared_ptr<ObjectStore> store) : store_(std::move(store)) {}

  std::shared_ptr<LogStore> With(IoContext context) override {
    return std::make_shared<ObjectLogStore>(store_->With(std::move(context)));
  }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view start_name) const override {
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ObjectMeta> files,
                             store_->ListFrom(kLogFolder, start_name));
    NameInFolder(files);
    return files;
  }

  Result<std::optional<ListingPage>> FirstPage(std::string_view start_name) const {
    const auto* const pages = dynamic_cast<const ListsByPage*>(store_.get());
    if (pages == nullptr) return std::optional<ListingPage>();
    DELTAIC_ASSIGN_OR_RETURN(ListingPage page, pages->FirstPage(kLogFolder, start_name));
    NameInFolder(page.objects);
    return std::optional(std::move(page));
  }

  Result<ObjectMeta> Stat(std::string_view name) const override {
    DELTAIC_ASSIGN_OR_RETURN(ObjectMeta file, store_->Stat(PathOf(name)));
    file.path = name;
    return file;
  }

  Result<std::string> Read(std::string_view name) const override {
    const std::string path = PathOf(name);
    Result<std::string> bytes = store_->Read(path, kMaxLogFileBytes);
    if (bytes.ok() || bytes.status().code() != StatusCode::kIo) return bytes;
    // Only a failed read costs a second call, to tell a file that is too long from a disk that
    // fails.
    const Result<ObjectMeta> meta = store_->Stat(path);
    if (meta.ok() && meta->size_bytes > kMaxLogFileBytes) {
      return Status::Corruption(store_->root_uri(), '/', path, " has ", meta->size_bytes,
                                " bytes, and no log file is longer than ", kMaxLogFileBytes);
    }
    return bytes;
  }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view name, std::optional<int64_t> size) const override {
    return store_->Open(PathOf(name), size);
  }

  Result<PutOutcome> PutIfAbsent(std::string_view name, std::string_view bytes) override {
    return store_->PutIfAbsent(PathOf(name), bytes);
  }

  Status Put(std::string_view name, std::string_view bytes) override {
    return store_->Put(PathOf(name), bytes);
  }

  Status PutHint(std::string_view name, std::string_view bytes) override {
    return store_->PutHint(PathOf(name), bytes);
  }

  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view name) override {
    return store_->CreateListed(PathOf(name));
  }

  Status Delete(std::string_view name) override { return store_->Delete(PathOf(name)); }

 private:
  static void NameInFolder(std::vector<ObjectMeta>& files) {
    for (ObjectMeta& file : files) file.path.erase(0, kLogFolder.size() + 1);
  }
  static std::string PathOf(std::string_view name) { return Concat(kLogFolder, '/', name); }

  const std::shared_ptr<ObjectStore> store_;
};

}  // namespace

std::shared_ptr<LogStore> MakeLogStore(std::shared_ptr<ObjectStore> store) {
  if (const auto* const own = dynamic_cast<const HasOwnLog*>(store.get())) {
    if (auto log = own->MakeLog(store)) return log;
  }
  return MakeFolderLog(std::move(store));
}

std::shared_ptr<LogStore> MakeFolderLog(std::shared_ptr<ObjectStore> store) {
  return std::make_shared<ObjectLogStore>(std::move(store));
}

Result<std::optional<ListingPage>> FirstLogPage(const LogStore& log, std::string_view start_name) {
  const auto* const folder = dynamic_cast<const ObjectLogStore*>(&log);
  return folder != nullptr ? folder->FirstPage(start_name) : std::optional<ListingPage>();
}

}  // namespace deltaic
