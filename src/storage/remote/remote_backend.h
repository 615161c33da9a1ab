#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "net/io_context.h"
#include "storage/log_store.h"
#include "storage/object_store.h"

namespace deltaic {

/// What a store says of one object.
struct RemoteObject {
  std::string key;  ///< whole, not encoded
  int64_t size_bytes = 0;
  TimestampMs last_modified;
  std::string etag;  ///< opaque; empty where the store gives none
};

/// One answer to a listing.
struct RemotePage {
  std::vector<RemoteObject> objects;
  std::string next_token;  ///< empty: this was the last
};

struct RemoteListing {
  std::string prefix;  ///< of keys; empty, or ends in '/'
  /// Keys below that need not be given; the store may ignore it. Empty: all.
  std::string start_key;
  bool recursive = false;  ///< else only keys with no further '/'
};

/// Bytes of one object.
struct RemoteBytes {
  std::string bytes;
  RemoteObject object;  ///< whole; the key may be left out, and the size be -1: unknown
};

/// An object being put in parts, numbered from 0. Parts may be put from several threads at once.
class RemoteUpload {
 public:
  virtual ~RemoteUpload() = default;
  virtual Status PutPart(int number, std::string_view bytes, const IoContext& context) = 0;
  /// After all parts are put: the object appears. \param count  of parts.
  virtual Status Complete(int count, const IoContext& context) = 0;
  /// Throws the parts away, as well as it can.
  virtual void Abort() = 0;
};

/// What one kind of store can do, each call one request if nothing fails. RemoteStore makes an
/// ObjectStore of it. Keys are whole, checked, not encoded. Safe from any thread.
///
/// Errors are for users: what, where, what now. Calls retry by themselves, under `context`.
class RemoteBackend {
 public:
  virtual ~RemoteBackend() = default;

  /// Where a key is, for messages and root_uri(): "s3://bucket/a b". No credentials.
  virtual std::string UriOf(std::string_view key) const = 0;
  virtual StoreTraits traits() const { return kFarStore; }

  /// \retval kNotFound
  virtual Result<RemoteObject> Head(const std::string& key, const IoContext& context) const = 0;
  /// The whole object. \retval kNotFound  \retval kIo  longer than `max_bytes`, naming its size.
  virtual Result<RemoteBytes> Get(const std::string& key, int64_t max_bytes,
                                  const IoContext& context) const = 0;
  /// Fills `out`, which is not empty, with the bytes from `offset` on, checked against what the
  /// answer says it holds: the range lies within the object.
  /// \param etag  not empty: kConflict where the object is another by now.
  /// \retval kNotFound  \retval kIo  the range is not in the object.
  /// \return the whole object; the key may be left out, and the size be -1: unknown.
  virtual Result<RemoteObject> GetRange(const std::string& key, int64_t offset, std::span<char> out,
                                        const std::string& etag,
                                        const IoContext& context) const = 0;
  /// The next page. In any order; may give keys before start_key, keys that end in '/' too.
  /// \param token  of the page before; empty for the first.
  virtual Result<RemotePage> List(const RemoteListing& listing, const std::string& token,
                                  const IoContext& context) const = 0;

  /// False where a page costs as much as it has names.
  virtual bool lists_by_page() const { return true; }

  virtual Status Put(const std::string& key, std::string_view bytes, const IoContext& context) = 0;
  /// See ObjectStore::PutIfAbsent(): sent once. kCommitUnknown after every outcome but the store's
  /// clear yes or no.
  virtual Result<PutOutcome> PutIfAbsent(const std::string& key, std::string_view bytes,
                                         const IoContext& context) = 0;
  /// Ok where it is absent.
  virtual Status Delete(const std::string& key, const IoContext& context) = 0;
  /// As Delete() of each; fails with the first error.
  virtual Status DeleteMany(const std::vector<std::string>& keys, const IoContext& context);
  /// \retval kUnsupported  it takes no objects in parts: they are put whole.
  virtual Result<std::unique_ptr<RemoteUpload>> StartUpload(const std::string& key,
                                                            const IoContext& context) = 0;

  /// What is no longer is put whole; parts have this size, but for the last.
  virtual int64_t part_bytes() const { return 8 << 20; }
  virtual int max_parts() const { return 10'000; }

  /// See HasOwnLog. \param store  of the table.
  virtual std::shared_ptr<LogStore> MakeLog(std::shared_ptr<ObjectStore> store) const {
    static_cast<void>(store);
    return nullptr;
  }
};

/// The table's folder at `root` ("" or "a/b", no '/' at its end).
std::shared_ptr<ObjectStore> MakeRemoteStore(std::shared_ptr<RemoteBackend> backend,
                                             std::string root);

}  // namespace deltaic
