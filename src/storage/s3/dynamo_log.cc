#include "storage/s3/dynamo_log.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <utility>

#include "base/uuid.h"
#include "storage/object_path.h"
#include "storage/own_log.h"

namespace deltaic {
namespace {

constexpr int kMaxRepairs = 3;
constexpr size_t kVersionDigits = 20;
constexpr std::string_view kCommitSuffix = ".json";
constexpr std::chrono::milliseconds kPauseBetweenRepairs{50};

/// The version of "00000000000000000012.json"; nullopt: the name of something else.
std::optional<int64_t> VersionOf(std::string_view name) {
  if (name.size() != kVersionDigits + kCommitSuffix.size() || !name.ends_with(kCommitSuffix))
    return std::nullopt;
  int64_t version = 0;
  for (const char c : name.substr(0, kVersionDigits)) {
    if (c < '0' || c > '9' || version > (INT64_MAX - 9) / 10) return std::nullopt;
    version = version * 10 + (c - '0');
  }
  return version;
}

std::string CommitName(int64_t version) {
  std::string digits = std::to_string(version);
  return std::string(kVersionDigits - digits.size(), '0') + digits + std::string(kCommitSuffix);
}

std::string NewTempPath(std::string_view name) {
  std::random_device random;
  UuidBytes bytes;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return Concat(".tmp/", name, '.', FormatRandomUuid(bytes));
}

class DynamoLog : public LogStore {
 public:
  DynamoLog(std::shared_ptr<ObjectStore> store, std::shared_ptr<const DynamoTable> table,
            IoContext context)
      : store_(std::move(store)),
        files_(MakeFolderLog(store_)),
        table_(std::move(table)),
        context_(std::move(context)) {}

  std::shared_ptr<LogStore> With(IoContext context) override {
    auto bound = store_->With(context);
    return std::make_shared<DynamoLog>(std::move(bound), table_, std::move(context));
  }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view start_name) const override {
    DELTAIC_ASSIGN_OR_RETURN(const auto newest, table_->Newest(context_));
    if (newest && !newest->is_complete) DELTAIC_RETURN_IF_ERROR(Repair(*newest));
    return files_->ListFrom(start_name);
  }

  Result<ObjectMeta> Stat(std::string_view name) const override {
    return Repaired<ObjectMeta>(name, [&] { return files_->Stat(name); });
  }
  Result<std::string> Read(std::string_view name) const override {
    return Repaired<std::string>(name, [&] { return files_->Read(name); });
  }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view name, std::optional<int64_t> size) const override {
    return files_->Open(name, size);
  }

  Result<PutOutcome> PutIfAbsent(std::string_view name, std::string_view bytes) override {
    const std::optional<int64_t> version = VersionOf(name);
    // Others are named for what is in them, by whoever writes them.
    if (!version) return PutUnentered(name, bytes);
    DELTAIC_ASSIGN_OR_RETURN(const bool is_there, IsThere(name));
    if (is_there) return PutOutcome::kAlreadyExists;
    if (*version > 0) DELTAIC_RETURN_IF_ERROR(CheckBefore(*version - 1));
    const DynamoEntry entry{.file_name = std::string(name), .temp_path = NewTempPath(name)};
    DELTAIC_RETURN_IF_ERROR(files_->Put(entry.temp_path, bytes));
    const Result<bool> added = Enter(entry);
    if (!added.ok() || !*added) {
      // Where the outcome is not known, the file may be what the entry names.
      if (added.status().code() != StatusCode::kCommitUnknown)
        static_cast<void>(files_->Delete(entry.temp_path));
      DELTAIC_RETURN_IF_ERROR(added.status());
      if (*version == 0) DELTAIC_RETURN_IF_ERROR(CheckNotOfOldTable(name));
      return PutOutcome::kAlreadyExists;
    }
    // From here on the commit stands: what fails is done by whoever comes next.
    if (files_->Put(name, bytes).ok() && table_->Complete(entry, context_).ok())
      static_cast<void>(files_->Delete(entry.temp_path));
    return PutOutcome::kCreated;
  }

  Status Put(std::string_view name, std::string_view bytes) override {
    return files_->Put(name, bytes);
  }
  Status PutHint(std::string_view name, std::string_view bytes) override {
    return files_->PutHint(name, bytes);
  }
  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view name) override {
    return files_->Create(name);
  }
  Status Delete(std::string_view name) override { return files_->Delete(name); }

 private:
  Result<bool> IsThere(std::string_view name) const {
    const Status found = files_->Stat(name).status();
    if (found.code() == StatusCode::kNotFound) return false;
    DELTAIC_RETURN_IF_ERROR(found);
    return true;
  }

  Result<PutOutcome> PutUnentered(std::string_view name, std::string_view bytes) {
    DELTAIC_ASSIGN_OR_RETURN(const bool is_there, IsThere(name));
    if (is_there) return PutOutcome::kAlreadyExists;
    DELTAIC_RETURN_IF_ERROR(files_->Put(name, bytes));
    return PutOutcome::kCreated;
  }

  /// DynamoTable::Add(), after a lost answer too.
  Result<bool> Enter(const DynamoEntry& entry) const {
    Result<bool> added = table_->Add(entry, context_);
    if (added.status().code() != StatusCode::kCommitUnknown) return added;
    const auto there = table_->Get(entry.file_name, context_);
    if (!there.ok() || !there->has_value()) return added;  // it may come yet
    return (*there)->temp_path == entry.temp_path;
  }

  /// The commit before must be there, or a writer would leave a gap.
  Status CheckBefore(int64_t version) const {
    const std::string name = CommitName(version);
    DELTAIC_ASSIGN_OR_RETURN(const auto entry, table_->Get(name, context_));
    if (entry && !entry->is_complete) return Repair(*entry);
    DELTAIC_ASSIGN_OR_RETURN(const bool is_there, IsThere(name));
    if (is_there) return Status();
    return Status::Conflict("commit ", version, " of ", store_->root_uri(),
                            " is not in the log, so none may follow it; load the table again");
  }

  /// A table that was deleted leaves its entries.
  Status CheckNotOfOldTable(std::string_view name) const {
    DELTAIC_ASSIGN_OR_RETURN(const auto entry, table_->Get(name, context_));
    if (!entry || !entry->is_complete) return Status();
    DELTAIC_ASSIGN_OR_RETURN(const bool is_there, IsThere(name));
    if (is_there) return Status();
    return Status::Conflict(
        "the DynamoDB table of commits has entries of a table that was deleted from ",
        store_->root_uri(), "; delete those entries, or choose another path");
  }

  /// `read` of a file; where it is a commit that is entered and not yet there, once it is.
  template <typename T>
  Result<T> Repaired(std::string_view name, const std::function<Result<T>()>& read) const {
    Result<T> found = read();
    if (found.status().code() != StatusCode::kNotFound || !VersionOf(name)) return found;
    DELTAIC_ASSIGN_OR_RETURN(const auto entry, table_->Get(name, context_));
    if (!entry || entry->is_complete) return found;
    DELTAIC_RETURN_IF_ERROR(Repair(*entry));
    return read();
  }

  /// Finishes what a writer has left half done. Others may do so at the same time.
  Status Repair(const DynamoEntry& entry) const {
    // A path that leads out of the folder is nobody's commit.
    if (!VersionOf(entry.file_name) || !CheckObjectPath(entry.temp_path).ok()) {
      return Status::Corruption("the DynamoDB table of commits has an entry of ",
                                store_->root_uri(), " whose fileName or tempPath is none");
    }
    for (int attempt = 1;; ++attempt) {
      const Status status = RepairOnce(entry);
      if (status.ok() || attempt == kMaxRepairs) {
        return status.ok() ? status
                           : status.WithContext(Concat("finishing the commit ", entry.file_name,
                                                       " of ", store_->root_uri()));
      }
      DELTAIC_RETURN_IF_ERROR(context_.Wait(kPauseBetweenRepairs));
    }
  }

  Status RepairOnce(const DynamoEntry& entry) const {
    DELTAIC_ASSIGN_OR_RETURN(const bool is_there, IsThere(entry.file_name));
    if (!is_there) {
      const Result<std::string> bytes = files_->Read(entry.temp_path);
      // Who else repairs it may have moved it by now: then the next attempt finds the commit.
      DELTAIC_RETURN_IF_ERROR(bytes.status());
      DELTAIC_RETURN_IF_ERROR(files_->Put(entry.file_name, *bytes));
    }
    return table_->Complete(entry, context_);
  }

  const std::shared_ptr<ObjectStore> store_;
  const std::shared_ptr<LogStore> files_;
  const std::shared_ptr<const DynamoTable> table_;
  const IoContext context_;
};

}  // namespace

std::shared_ptr<LogStore> MakeDynamoLog(std::shared_ptr<ObjectStore> store,
                                        std::shared_ptr<const DynamoTable> table) {
  return std::make_shared<DynamoLog>(std::move(store), std::move(table), IoContext());
}

}  // namespace deltaic
