#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "storage/object_store.h"

namespace deltaic {

/// The store path (relative to the table's root, decoded) of a file that the log names.
///
/// \param root_uri  ObjectStore::root_uri().
/// \param log_path  as in the log: percent-encoded; relative, or an absolute path or URI ("/a",
/// "file:/a", "file:///a" name one
///                  file), which is allowed inside the table's folder only.
///                  Empty and "." segments are passed over, ".." takes back the one before.
///                  Keys of replay stay the text of the log: two spellings are two files there.
/// \retval kUnsupported  a file outside the table's folder (a shallow clone has such files), named.
/// \retval kCorruption  an empty path, or one that ends with '/' or has a NUL byte.
/// Source: PROTOCOL.md, "Add File and Remove File".
Result<std::string> ResolveDataPath(std::string_view root_uri, std::string_view log_path);

/// Where a file that the log names is to be read.
struct DataPlace {
  std::shared_ptr<ObjectStore> outside;  ///< nullptr: in the table's own store
  std::string path;                      ///< in that store

  const ObjectStore& In(const ObjectStore& table) const {
    return outside == nullptr ? table : *outside;
  }
};

/// As ResolveDataPath(), and where `table` allows it (ObjectStore::OpenOutside) the folder of an
/// absolute path outside of the table.
Result<DataPlace> LocateDataFile(const ObjectStore& table, std::string_view log_path);

/// Where the files of one table are, for people and other programs: absolute paths of the log as
/// they are, others below the root. Local roots are given as plain paths, which is what every
/// reader of local files takes. One thread at a time.
class DataFileUris {
 public:
  explicit DataFileUris(std::string_view root_uri);
  /// Good until the next call, and as long as `log_path`.
  std::string_view Of(std::string_view log_path);
  /// How much longer a URI may be than its path in the log.
  size_t prefix_size() const { return prefix_size_; }

 private:
  std::string uri_;  ///< the last one, or what comes before all
  size_t prefix_size_ = 0;
  std::string decoded_;
};

/// One of them.
std::string DataFileUri(std::string_view root_uri, std::string_view log_path);

}  // namespace deltaic
