#pragma once

#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "net/io_context.h"
#include "storage/store_traits.h"

namespace deltaic {

/// One stored object. `path` is relative to the store's root, with '/' and without
/// percent-encoding.
struct ObjectMeta {
  std::string path;
  int64_t size_bytes = 0;
  TimestampMs last_modified;
};

enum class PutOutcome { kCreated, kAlreadyExists };

/// A data file being written. Nothing is visible at its path until Close() returned ok; destroying
/// it, or Abort(), before that leaves nothing behind. One thread at a time.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  /// The stream to write to; owned by the writer, do not close it.
  virtual arrow::io::OutputStream* stream() = 0;
  /// Makes the object durable and visible. Returns its size in bytes.
  virtual Result<int64_t> Close() = 0;
  virtual void Abort() = 0;
};

/// Bytes at paths below one root (a table's folder). Knows nothing of Delta. Safe from any thread.
///
/// Paths are relative to the root, '/'-separated, not percent-encoded. A path that is absolute, or
/// leaves the root through `..`, is refused with kInvalidArgument: names come from table files,
/// which are untrusted.
class ObjectStore : public std::enable_shared_from_this<ObjectStore> {
 public:
  virtual ~ObjectStore() = default;

  /// This store for one piece of work, whose calls end early where `context` says so. A light view:
  /// make one for each piece of work. Files and writers that it opened are bound too.
  /// \retval kCancelled, kUnavailable  of its calls: see IoContext::Check().
  std::shared_ptr<ObjectStore> With(IoContext context);

  /// What its requests cost.
  virtual StoreTraits traits() const { return kFarStore; }

  /// The root as a URI for messages and for `file_uris`: "file:///tmp/t", "s3://bucket/t"; no
  /// trailing '/', no credentials.
  virtual const std::string& root_uri() const = 0;

  /// The size and time of one object. \retval kNotFound
  virtual Result<ObjectMeta> Stat(std::string_view path) const = 0;

  /// Opens for random reads, safe from many threads at once. `size_bytes`, where known, saves a
  /// round trip.
  /// \retval kNotFound  a store that is far says so only at the first read if the size was given.
  virtual Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view path, std::optional<int64_t> size_bytes) const = 0;

  /// The whole object. \retval kNotFound  \retval kIo also where it is larger than `max_bytes`.
  virtual Result<std::string> Read(std::string_view path, int64_t max_bytes) const = 0;

  /// Objects directly inside `directory` ("" is the root) whose names are >= `start_name` bytewise,
  /// sorted by name; folders left out. A folder that does not exist is an empty list. Cost is that
  /// of the names from `start_name` on where the store can do it.
  virtual Result<std::vector<ObjectMeta>> ListFrom(std::string_view directory,
                                                   std::string_view start_name) const = 0;

  /// All objects below `directory`, recursively, in any order. `visit` may stop the listing with an
  /// error.
  virtual Status ListRecursive(std::string_view directory,
                               const std::function<Status(const ObjectMeta&)>& visit) const = 0;

  /// Starts a new data file; parents are made. An existing object is replaced at Close (data file
  /// names are unique). A power loss before Close() returned may leave a part of the file, at a
  /// path that no table names then.
  virtual Result<std::unique_ptr<ObjectWriter>> Create(std::string_view path) = 0;

  /// As Create(), for a file that readers find by listing (a checkpoint): not even a power loss
  /// leaves it in part.
  virtual Result<std::unique_ptr<ObjectWriter>> CreateListed(std::string_view path) {
    return Create(path);
  }

  /// Creates `path` with `bytes` if and only if nothing is there: atomic, exclusive, durable. Of
  /// many callers one gets kCreated.
  /// \retval kCommitUnknown  the reply was lost: the object may or may not be there, with these
  /// bytes.
  virtual Result<PutOutcome> PutIfAbsent(std::string_view path, std::string_view bytes) = 0;

  /// Creates or replaces `path` atomically and durably.
  virtual Status Put(std::string_view path, std::string_view bytes) = 0;

  /// As Put(), but after a power loss the object may be the older one, or empty: for hints, which
  /// readers verify. Costs no wait for the disk.
  virtual Status PutHint(std::string_view path, std::string_view bytes) { return Put(path, bytes); }

  /// Removes one object; ok if it is absent already.
  virtual Status Delete(std::string_view path) = 0;

  /// As Delete() of each, by as few requests as the store can. Ends with the first error; what
  /// comes after may be left.
  virtual Status DeleteMany(std::span<const std::string> paths) {
    for (const std::string& path : paths) DELTAIC_RETURN_IF_ERROR(Delete(path));
    return Status();
  }

  /// The store of another folder, for files that a table names outside of its own (a shallow clone
  /// does), with the same settings.
  /// \retval kUnsupported  reading outside was not allowed when this store was opened.
  using Opener = std::function<Result<std::shared_ptr<ObjectStore>>(std::string_view uri)>;
  Result<std::shared_ptr<ObjectStore>> OpenOutside(std::string_view uri) const {
    if (outside_) return outside_(uri);
    return Status::Unsupported(
        "nothing is read there; if the table is a shallow clone that you trust, open it with the "
        "storage option read_outside_files=true");
  }
  /// To be called before the store is shared.
  void AllowOutside(Opener opener) { outside_ = std::move(opener); }

  /// traits() in one word.
  bool is_local() const { return traits().is_near(); }

 protected:
  /// With() of this store. Most stores do with a view that asks `context` before every call and
  /// every read; one whose requests take long passes it down to each.
  virtual std::shared_ptr<ObjectStore> Bind(IoContext context);

 private:
  Opener outside_;
};

}  // namespace deltaic
