#include "table/catalog_log.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "base/uuid.h"
#include "protocol/log_file_name.h"

namespace deltaic {
namespace {

constexpr std::string_view kStagedFolder = "_staged_commits/";
constexpr std::string_view kJson = ".json";

std::optional<Version> ParseVersion(std::string_view digits) {
  int64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size() || version < 0)
    return std::nullopt;
  return Version{version};
}

std::optional<RatifiedCommit> ParseStagedName(std::string_view name) {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || !name.ends_with(kJson)) return std::nullopt;
  const std::optional<Version> version = ParseVersion(name.substr(0, dot));
  if (!version || VersionPrefix(*version) != name.substr(0, dot)) return std::nullopt;
  name.remove_prefix(dot + 1);
  if (name.size() <= kJson.size()) return std::nullopt;
  const std::string_view uuid = name.substr(0, name.size() - kJson.size());
  if (!ParseUuid(uuid).ok()) return std::nullopt;
  return RatifiedCommit{*version, Concat(VersionPrefix(*version), '.', name), std::nullopt};
}

class CatalogLog : public LogStore {
 public:
  CatalogLog(std::shared_ptr<LogStore> log, std::map<std::string, RatifiedCommit> commits,
             Version max_version)
      : log_(std::move(log)), commits_(std::move(commits)), max_version_(max_version) {}

  bool has_catalog() const override { return true; }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view start_name) const override {
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ObjectMeta> files, log_->ListFrom(start_name));
    std::erase_if(files, [&](const ObjectMeta& file) { return !Counts(file.path); });
    for (const auto& [name, commit] : commits_) {
      if (name < start_name) continue;
      const auto published = std::ranges::find(files, name, &ObjectMeta::path);
      if (published == files.end()) files.push_back({.path = name});
    }
    std::ranges::sort(files, {}, &ObjectMeta::path);
    DELTAIC_RETURN_IF_ERROR(CheckReachesNewest(files, start_name));
    return files;
  }

  Result<ObjectMeta> Stat(std::string_view name) const override {
    if (!Counts(name)) return Status::NotFound(name, " is of a version that no catalog has");
    Result<ObjectMeta> file = log_->Stat(name);
    const bool ratified = commits_.contains(std::string(name));
    if (!file.ok() && ratified) return ObjectMeta{.path = std::string(name)};
    return file;
  }

  Result<std::string> Read(std::string_view name) const override {
    const auto commit = commits_.find(std::string(name));
    if (commit == commits_.end()) return log_->Read(name);
    if (commit->second.content) return *commit->second.content;
    Result<std::string> bytes = log_->Read(Concat(kStagedFolder, commit->second.staged_name));
    if (bytes.ok() || bytes.status().code() != StatusCode::kNotFound) return bytes;
    return Status::Corruption(
        "commit ", commit->second.staged_name,
        ", which the catalog has ratified, is missing; ask the catalog again");
  }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view name, std::optional<int64_t> size) const override {
    return log_->Open(name, size);
  }

  Result<PutOutcome> PutIfAbsent(std::string_view, std::string_view) override { return Refuse(); }
  Status Put(std::string_view, std::string_view) override { return Refuse(); }
  Status PutHint(std::string_view, std::string_view) override { return Refuse(); }
  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view) override { return Refuse(); }
  Status Delete(std::string_view) override { return Refuse(); }

 private:
  static Status Refuse() {
    return Status::Unsupported(
        "the table's commits go through its catalog; this build reads such "
        "tables, and does not write to them");
  }

  /// False for files of versions that the catalog has not ratified.
  bool Counts(std::string_view name) const {
    const std::optional<LogFileName> parsed = ParseLogFileName(name);
    return !parsed || parsed->end_version <= max_version_;
  }

  /// An older version than the catalog's would be wrong rows without an error.
  Status CheckReachesNewest(const std::vector<ObjectMeta>& files,
                            std::string_view start_name) const {
    const std::string prefix = VersionPrefix(max_version_);
    if (prefix < start_name.substr(0, prefix.size())) return Status();
    const bool reaches = std::ranges::any_of(files, [&](const ObjectMeta& file) {
      const std::optional<LogFileName> parsed = ParseLogFileName(file.path);
      return parsed && parsed->version == max_version_ &&
             (parsed->kind == LogFileKind::kCommit || parsed->is_checkpoint());
    });
    if (reaches) return Status();
    return Status::InvalidArgument(
        "the catalog's newest version is ", max_version_.value,
        ", which is neither among its ratified commits nor published; give all that it has");
  }

  const std::shared_ptr<LogStore> log_;
  const std::map<std::string, RatifiedCommit> commits_;  ///< by the name when published
  const Version max_version_;
};

}  // namespace

Result<RatifiedCommit> ParseRatifiedCommit(const std::string& text) {
  if (const size_t equals = text.find('='); equals != std::string::npos) {
    const std::optional<Version> version = ParseVersion(std::string_view(text).substr(0, equals));
    if (version) return RatifiedCommit{*version, {}, text.substr(equals + 1)};
  }
  std::string_view name = text;
  if (name.starts_with(Concat(kLogDirectory, '/'))) name.remove_prefix(kLogDirectory.size() + 1);
  if (name.starts_with(kStagedFolder)) name.remove_prefix(kStagedFolder.size());
  if (std::optional<RatifiedCommit> commit = ParseStagedName(name)) return *std::move(commit);
  return Status::InvalidArgument(
      "a catalog's commit is the name of a file in ", kLogDirectory, "/", kStagedFolder,
      ", <version>.<uuid>.json, or <version>=<content>, not '", text.substr(0, 200), "'");
}

Result<std::shared_ptr<LogStore>> MakeCatalogLog(std::shared_ptr<LogStore> log,
                                                 CatalogCommits commits) {
  std::optional<Version> newest;
  std::map<std::string, RatifiedCommit> by_name;
  for (RatifiedCommit& commit : commits.commits) {
    const Version version = commit.version;
    if (!by_name.emplace(CommitFileName(version), std::move(commit)).second) {
      return Status::InvalidArgument("the catalog gives commit ", version.value, " twice");
    }
    if (!newest || version > *newest) newest = version;
  }
  const std::optional<Version> max = commits.max_version ? commits.max_version : newest;
  if (!max) return Status::InvalidArgument("the catalog gives neither commits nor a version");
  if (newest && *newest > *max) {
    return Status::InvalidArgument("the catalog gives commit ", newest->value,
                                   ", but its newest version is ", max->value);
  }
  return std::shared_ptr<LogStore>(
      std::make_shared<CatalogLog>(std::move(log), std::move(by_name), *max));
}

}  // namespace deltaic
