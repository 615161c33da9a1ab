#include "storage/open_store.h"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/fork.h"
#include "base/made_once.h"
#include "base/percent_encoding.h"
#include "storage/azure/azure_location.h"
#include "storage/azure/azure_store.h"
#include "storage/gcs/gcs_store.h"
#include "storage/hdfs/webhdfs_store.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/object_path.h"
#include "storage/open_with_login.h"
#include "storage/s3/s3_backend.h"
#include "storage/s3/s3_url.h"
#include "storage/web/web_store.h"

namespace deltaic {
namespace {

struct Uri {
  std::string scheme;     // lower-case
  std::string_view rest;  // after ':'
};

/// RFC 3986 section 3.1, for what has "//" after the scheme; besides, "file:/tmp/t" as Hadoop
/// writes it. Anything else is a path: a local file name may have a ':'.
std::optional<Uri> ParseUri(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  Uri uri{std::string(text.substr(0, colon)), text.substr(colon + 1)};
  for (char& c : uri.scheme) {
    const auto byte = static_cast<unsigned char>(c);
    if (!std::isalnum(byte) && c != '+' && c != '-' && c != '.') return std::nullopt;
    c = static_cast<char>(std::tolower(byte));
  }
  const bool is_uri = uri.rest.starts_with(uri.scheme == "file" ? "/" : "//");
  return is_uri ? std::optional<Uri>(std::move(uri)) : std::nullopt;
}

/// The path of "//host/path" or "/path", where only this machine is a host.
Result<std::string> PathOfFileUri(std::string_view rest) {
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const std::string_view host = rest.substr(0, rest.find('/'));
    if (!host.empty() && host != "localhost") {
      return Status::InvalidArgument("file URI with the host \"", host,
                                     "\"; a local path needs three slashes, as in file:///tmp/t");
    }
    rest.remove_prefix(host.size());
  }
  if (rest.empty()) return Status::InvalidArgument("file URI without a path");
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return Status::InvalidArgument(
        "file URI with a query or a fragment; in a path write '?' as %3F and '#' as %23");
  }
  return PercentDecode(rest);
}

/// The one store of each root in this process. They stay until it ends, as a disk would.
Result<std::shared_ptr<ObjectStore>> OpenMemory(std::string_view rest) {
  const Result<std::string_view> path = CheckFolderPath(rest.substr(2));
  if (!path.ok()) return path.status().WithContext("memory URI");
  if (path->empty())
    return Status::InvalidArgument("memory URI without a name; it is memory://name/t");
  static constinit ForkSafeMutex mutex;
  auto& stores = MadeOnce([] { return std::map<std::string, std::shared_ptr<ObjectStore>>(); });
  const std::lock_guard lock(mutex);
  std::shared_ptr<ObjectStore>& store = stores[std::string(*path)];
  if (store == nullptr) store = MakeMemoryStore(Concat("memory://", *path));
  return store;
}

constexpr std::string_view kReadOutsideFiles = "read_outside_files";

Status UnknownOption(std::string_view name, std::string_view scheme) {
  if (scheme == "file") {
    return Status::InvalidArgument("unknown storage option \"", name,
                                   "\" for a local table; there is: ", kReadOutsideFiles);
  }
  return Status::InvalidArgument("unknown storage option \"", name,
                                 "\" for a memory table, which takes none; leave it out");
}

/// Whether files outside of a local table's folder may be read.
Result<bool> ReadsOutside(const StorageOptions& options, std::string_view scheme) {
  bool out = false;
  for (const auto& [name, value] : options) {
    if (scheme != "file" || name != kReadOutsideFiles) return UnknownOption(name, scheme);
    if (value != "true" && value != "false") {
      return Status::InvalidArgument("storage option ", kReadOutsideFiles,
                                     " is neither true nor false");
    }
    out = value == "true";
  }
  return out;
}

Result<std::shared_ptr<ObjectStore>> OpenLocal(std::string path, bool reads_outside) {
  DELTAIC_ASSIGN_OR_RETURN(auto store, MakeLocalStore(std::move(path)));
  if (reads_outside) {
    store->AllowOutside([](std::string_view uri) {
      return OpenObjectStore(uri, {{std::string(kReadOutsideFiles), "true"}});
    });
  }
  return store;
}

/// A table in the cloud whose log may name files elsewhere, which are opened with the same options.
void AllowOutsideIfAsked(ObjectStore& store, const StorageOptions& options,
                         const OptionsProvider& login) {
  for (const auto& [name, value] : options) {
    if (EqualsIgnoringCase(name, kReadOutsideFiles) && value == "true")
      store.AllowOutside([options, login](std::string_view uri) {
        return OpenObjectStoreWith(login, uri, options);
      });
  }
}

Result<std::shared_ptr<ObjectStore>> OpenS3(std::string_view scheme, std::string_view rest,
                                            const StorageOptions& options,
                                            const OptionsProvider& login) {
  auto store = OpenS3Store(scheme, rest, options, ProcessEnvironment(), login);
  // Not the whole URI, which may carry credentials where it is refused.
  if (!store.ok()) return store.status().WithContext(Concat("opening a table at ", scheme, "://"));
  AllowOutsideIfAsked(**store, options, login);
  return store;
}

/// These take a login from nobody else.
template <auto kOpen>
Result<std::shared_ptr<ObjectStore>> OpenWithoutLogin(std::string_view uri,
                                                      const StorageOptions& options,
                                                      const Environment& environment,
                                                      const OptionsProvider& login) {
  if (login) {
    return Status::Unsupported(
        "a credentials provider is for tables on S3, Azure and Google Cloud Storage; give others "
        "their storage options");
  }
  return kOpen(uri, options, environment);
}

using RemoteOpener = Result<std::shared_ptr<ObjectStore>> (*)(std::string_view uri,
                                                              const StorageOptions& options,
                                                              const Environment& environment,
                                                              const OptionsProvider& login);

/// nullptr: another kind of store. \param scheme  of `uri`, lower-case.
RemoteOpener OpenerOf(std::string_view scheme, std::string_view uri) {
  if (IsAzureUri(uri)) return OpenAzureStore;
  if (scheme == "gs") return OpenGcsStore;
  if (IsHdfsUri(uri)) return OpenWithoutLogin<OpenWebHdfsStore>;
  if (scheme == "https" || scheme == "http") return OpenWithoutLogin<OpenWebStore>;
  return nullptr;
}

}  // namespace

Result<std::shared_ptr<ObjectStore>> OpenObjectStore(std::string_view uri,
                                                     const StorageOptions& options) {
  return OpenObjectStoreWith({}, uri, options);
}

Result<std::shared_ptr<ObjectStore>> OpenObjectStoreWith(const OptionsProvider& login,
                                                         std::string_view uri,
                                                         const StorageOptions& options) {
  if (uri.empty()) return Status::InvalidArgument("the path of a table is empty");
  const std::optional<Uri> parsed = ParseUri(uri);
  const std::string scheme = parsed ? parsed->scheme : "file";
  if (scheme == "s3" || scheme == "s3a") return OpenS3(scheme, parsed->rest, options, login);
  if (const auto url = ParseS3Url(uri))
    return OpenS3("s3", url->location, OptionsWith(*url, options), login);
  if (parsed) {
    if (const RemoteOpener open = OpenerOf(scheme, uri)) {
      auto store = open(uri, options, ProcessEnvironment(), login);
      if (store.ok()) AllowOutsideIfAsked(**store, options, login);
      return store;
    }
  }
  if (scheme != "file" && scheme != "memory") {
    // Without the rest of the URI, which may carry credentials.
    return Status::Unsupported("this build has no storage for ", scheme,
                               ":// tables; mount or copy the table and open it by its local path");
  }
  if (login) {
    return Status::InvalidArgument("a credentials provider is for tables in the cloud, not for ",
                                   scheme, " tables; leave it out");
  }
  DELTAIC_ASSIGN_OR_RETURN(const bool reads_outside, ReadsOutside(options, scheme));
  if (!parsed) return OpenLocal(std::string(uri), reads_outside);
  if (scheme == "memory") return OpenMemory(parsed->rest);
  DELTAIC_ASSIGN_OR_RETURN(std::string path, PathOfFileUri(parsed->rest));
  return OpenLocal(std::move(path), reads_outside);
}

}  // namespace deltaic
