#include "contract/memory_backend.h"

#include <chrono>
#include <map>
#include <mutex>

namespace deltaic::testing {
namespace {

struct Object {
  std::string bytes;
  TimestampMs last_modified;
  std::string etag;
};

class MemoryBackend : public RemoteBackend, public std::enable_shared_from_this<MemoryBackend> {
 public:
  std::string UriOf(std::string_view key) const override { return Concat("far://test/", key); }
  int64_t part_bytes() const override { return 64 << 10; }

  Result<RemoteObject> Head(const std::string& key, const IoContext& context) const override {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return Status::NotFound("no ", UriOf(key));
    return Meta(*found);
  }

  Result<RemoteBytes> Get(const std::string& key, int64_t max_bytes,
                          const IoContext& context) const override {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return Status::NotFound("no ", UriOf(key));
    const RemoteObject object = Meta(*found);
    if (object.size_bytes > max_bytes)
      return Status::Io(UriOf(key), " has ", object.size_bytes, " bytes, more than ", max_bytes);
    return RemoteBytes{found->second.bytes, object};
  }

  Result<RemoteObject> GetRange(const std::string& key, int64_t offset, std::span<char> out,
                                const std::string& etag, const IoContext& context) const override {
    const auto size_bytes = static_cast<int64_t>(out.size());
    DELTAIC_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return Status::NotFound("no ", UriOf(key));
    if (!etag.empty() && found->second.etag != etag) return Status::Conflict("replaced");
    const std::string& bytes = found->second.bytes;
    if (offset + size_bytes > static_cast<int64_t>(bytes.size()))
      return Status::Io(UriOf(key), " has no such range");
    bytes.copy(out.data(), out.size(), static_cast<size_t>(offset));
    return Meta(*found);
  }

  Result<RemotePage> List(const RemoteListing& listing, const std::string& token,
                          const IoContext& context) const override {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    constexpr size_t kPage = 2;
    RemotePage page;
    const std::lock_guard lock(mutex_);
    auto at = token.empty() ? objects_.lower_bound(listing.prefix) : objects_.upper_bound(token);
    for (; at != objects_.end() && at->first.starts_with(listing.prefix); ++at) {
      if (page.objects.size() == kPage) {
        page.next_token = page.objects.back().key;
        return page;
      }
      page.objects.push_back(Meta(*at));
    }
    return page;
  }

  Status Put(const std::string& key, std::string_view bytes, const IoContext& context) override {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(mutex_);
    objects_.insert_or_assign(key, Make(std::string(bytes)));
    return Status();
  }

  Result<PutOutcome> PutIfAbsent(const std::string& key, std::string_view bytes,
                                 const IoContext& context) override {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(mutex_);
    const bool created = objects_.try_emplace(key, Make(std::string(bytes))).second;
    return created ? PutOutcome::kCreated : PutOutcome::kAlreadyExists;
  }

  Status Delete(const std::string& key, const IoContext& context) override {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(mutex_);
    objects_.erase(key);
    return Status();
  }

  Result<std::unique_ptr<RemoteUpload>> StartUpload(const std::string& key,
                                                    const IoContext& context) override;

 private:
  static RemoteObject Meta(const std::pair<const std::string, Object>& entry) {
    return {entry.first, static_cast<int64_t>(entry.second.bytes.size()),
            entry.second.last_modified, entry.second.etag};
  }

  Object Make(std::string bytes) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::move(bytes),
            TimestampMs{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()},
            std::to_string(++puts_)};
  }

  mutable std::mutex mutex_;
  std::map<std::string, Object> objects_;
  int puts_ = 0;
};

class MemoryUpload : public RemoteUpload {
 public:
  MemoryUpload(std::shared_ptr<MemoryBackend> backend, std::string key)
      : backend_(std::move(backend)), key_(std::move(key)) {}

  Status PutPart(int number, std::string_view bytes, const IoContext& context) override {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(mutex_);
    parts_.insert_or_assign(number, std::string(bytes));
    return Status();
  }
  Status Complete(int count, const IoContext& context) override {
    const std::lock_guard lock(mutex_);
    if (parts_.size() != static_cast<size_t>(count)) return Status::Internal("parts are missing");
    std::string whole;
    for (const auto& [number, bytes] : parts_) whole += bytes;
    return backend_->Put(key_, whole, context);
  }
  void Abort() override { parts_.clear(); }

 private:
  const std::shared_ptr<MemoryBackend> backend_;
  const std::string key_;
  std::mutex mutex_;
  std::map<int, std::string> parts_;
};

Result<std::unique_ptr<RemoteUpload>> MemoryBackend::StartUpload(const std::string& key,
                                                                 const IoContext&) {
  return std::make_unique<MemoryUpload>(shared_from_this(), key);
}

}  // namespace

std::shared_ptr<RemoteBackend> MakeMemoryBackend() { return std::make_shared<MemoryBackend>(); }

}  // namespace deltaic::testing
