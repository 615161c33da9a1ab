#include <algorithm>
#include <limits>
#include <utility>

#include "storage/first_page.h"
#include "storage/object_path.h"
#include "storage/own_log.h"
#include "storage/remote/remote_backend.h"
#include "storage/remote/remote_file.h"
#include "storage/remote/remote_writer.h"

namespace deltaic {
namespace {

class RemoteStore : public ObjectStore, public ListsByPage, public HasOwnLog {
 public:
  RemoteStore(std::shared_ptr<RemoteBackend> backend, std::string root, IoContext context)
      : backend_(std::move(backend)),
        root_(std::move(root)),
        root_uri_(RootUri(*backend_, root_)),
        context_(std::move(context)) {}

  StoreTraits traits() const override { return backend_->traits(); }
  const std::string& root_uri() const override { return root_uri_; }

  Result<ObjectMeta> Stat(std::string_view path) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string key, KeyOf(path));
    DELTAIC_ASSIGN_OR_RETURN(const RemoteObject object, backend_->Head(key, context_));
    return ObjectMeta{std::string(path), object.size_bytes, object.last_modified};
  }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view path, std::optional<int64_t> size_bytes) const override {
    DELTAIC_ASSIGN_OR_RETURN(std::string key, KeyOf(path));
    RemoteObject object;
    if (size_bytes) {
      object.size_bytes = *size_bytes;
    } else {
      DELTAIC_ASSIGN_OR_RETURN(object, backend_->Head(key, context_));
    }
    object.key = std::move(key);
    return OpenRemoteFile(backend_, std::move(object), context_);
  }

  Result<std::string> Read(std::string_view path, int64_t max_bytes) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string key, KeyOf(path));
    DELTAIC_ASSIGN_OR_RETURN(RemoteBytes got, backend_->Get(key, max_bytes, context_));
    return std::move(got.bytes);
  }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view directory,
                                           std::string_view start_name) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string prefix, PrefixOf(directory));
    DELTAIC_ASSIGN_OR_RETURN(ListingPage page,
                             ListFolder(ListingOf(prefix, start_name), kAllPages));
    return std::move(page.objects);
  }

  Result<ListingPage> FirstPage(std::string_view directory,
                                std::string_view start_name) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string prefix, PrefixOf(directory));
    if (!backend_->lists_by_page()) return ListingPage();
    return ListFolder(ListingOf(prefix, start_name), 1);
  }

  std::shared_ptr<LogStore> MakeLog(std::shared_ptr<ObjectStore> self) const override {
    return backend_->MakeLog(std::move(self));
  }

  Status ListRecursive(std::string_view directory,
                       const std::function<Status(const ObjectMeta&)>& visit) const override {
    DELTAIC_ASSIGN_OR_RETURN(std::string prefix, PrefixOf(directory));
    return List({.prefix = std::move(prefix), .start_key = "", .recursive = true}, kAllPages, visit)
        .status();
  }

  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view path) override {
    DELTAIC_ASSIGN_OR_RETURN(std::string key, KeyOf(path));
    DELTAIC_RETURN_IF_ERROR(context_.Check());
    return MakeRemoteWriter(backend_, std::move(key), context_);
  }

  Result<PutOutcome> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string key, KeyOf(path));
    return backend_->PutIfAbsent(key, bytes, context_);
  }

  Status Put(std::string_view path, std::string_view bytes) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string key, KeyOf(path));
    return backend_->Put(key, bytes, context_);
  }

  // What was written by a call that was cancelled is still removed, so without context_.
  Status Delete(std::string_view path) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string key, KeyOf(path));
    return backend_->Delete(key, IoContext());
  }

  Status DeleteMany(std::span<const std::string> paths) override {
    std::vector<std::string> keys;
    keys.reserve(paths.size());
    for (const std::string& path : paths) {
      DELTAIC_ASSIGN_OR_RETURN(keys.emplace_back(), KeyOf(path));
    }
    return keys.empty() ? Status() : backend_->DeleteMany(keys, IoContext());
  }

 protected:
  std::shared_ptr<ObjectStore> Bind(IoContext context) override {
    return std::make_shared<RemoteStore>(backend_, root_, std::move(context));
  }

 private:
  static constexpr int kAllPages = std::numeric_limits<int>::max();

  static RemoteListing ListingOf(const std::string& prefix, std::string_view start_name) {
    return {.prefix = prefix,
            .start_key = start_name.empty() ? "" : Concat(prefix, start_name),
            .recursive = false};
  }

  static std::string RootUri(const RemoteBackend& backend, const std::string& root) {
    std::string uri = backend.UriOf(root);
    while (uri.ends_with('/')) uri.pop_back();
    return uri;
  }

  Result<std::string> KeyOf(std::string_view path) const {
    DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
    return JoinPath(root_, path);
  }

  /// Of all keys below a folder: empty, or with a '/' at its end.
  Result<std::string> PrefixOf(std::string_view directory) const {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view folder, CheckFolderPath(directory));
    std::string prefix = folder.empty() ? root_ : JoinPath(root_, folder);
    if (!prefix.empty()) prefix += '/';
    return prefix;
  }

  Result<ListingPage> ListFolder(const RemoteListing& listing, int max_pages) const {
    ListingPage out;
    DELTAIC_ASSIGN_OR_RETURN(out.is_last, List(listing, max_pages, [&](ObjectMeta meta) {
                               out.objects.push_back(std::move(meta));
                               return Status();
                             }));
    // Some stores list in another order.
    std::ranges::sort(out.objects, {}, &ObjectMeta::path);
    return out;
  }

  /// \return whether these were all pages.
  Result<bool> List(const RemoteListing& listing, int max_pages,
                    const std::function<Status(ObjectMeta)>& visit) const {
    std::string token;
    for (int pages = 1;; ++pages) {
      DELTAIC_ASSIGN_OR_RETURN(RemotePage page, backend_->List(listing, token, context_));
      for (RemoteObject& object : page.objects) {
        if (!Belongs(listing, object.key)) continue;
        ObjectMeta meta{object.key.substr(root_.empty() ? 0 : root_.size() + 1), object.size_bytes,
                        object.last_modified};
        // A key such as "a//b" is no path: nobody can name it here.
        if (!CheckObjectPath(meta.path).ok()) continue;
        DELTAIC_RETURN_IF_ERROR(visit(std::move(meta)));
      }
      if (page.next_token.empty()) return true;
      if (pages == max_pages) return false;
      if (page.next_token == token) {
        return Status::Io("listing ", root_uri_,
                          ": the server gives the same page again and again; it (or a proxy before "
                          "it) is broken");
      }
      token = std::move(page.next_token);
    }
  }

  /// Whether a key that the server gave was asked for. Those with '/' at their end stand for
  /// folders.
  static bool Belongs(const RemoteListing& listing, std::string_view key) {
    if (!key.starts_with(listing.prefix) || key.size() == listing.prefix.size()) return false;
    if (key.ends_with('/') || key < listing.start_key) return false;
    return listing.recursive || key.find('/', listing.prefix.size()) == std::string_view::npos;
  }

  const std::shared_ptr<RemoteBackend> backend_;
  const std::string root_;
  const std::string root_uri_;
  const IoContext context_;
};

}  // namespace

Status RemoteBackend::DeleteMany(const std::vector<std::string>& keys, const IoContext& context) {
  for (const std::string& key : keys) DELTAIC_RETURN_IF_ERROR(Delete(key, context));
  return Status();
}

std::shared_ptr<ObjectStore> MakeRemoteStore(std::shared_ptr<RemoteBackend> backend,
                                             std::string root) {
  return std::make_shared<RemoteStore>(std::move(backend), std::move(root), IoContext());
}

}  // namespace deltaic
