#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "storage/log_store.h"

namespace deltaic {

/// A commit that the catalog of a table has ratified, published or not.
struct RatifiedCommit {
  Version version;
  std::string staged_name;             ///< inside `_delta_log/_staged_commits`; or
  std::optional<std::string> content;  ///< the commit itself, where the catalog keeps it
};

/// What the catalog that manages a table says of it.
/// Source: PROTOCOL.md, "Reading Catalog-managed Tables".
struct CatalogCommits {
  std::vector<RatifiedCommit> commits;
  std::optional<Version> max_version;  ///< the newest ratified one; unset: that of `commits`
};

/// A ratified commit as text: `<version>.<uuid>.json`, also with the folders `_staged_commits/` or
/// `_delta_log/_staged_commits/` before it, or `<version>=<content>`.
/// \retval kInvalidArgument  anything else; a name cannot lead out of the folder.
Result<RatifiedCommit> ParseRatifiedCommit(const std::string& text);

/// `log` as the catalog sees it: the ratified commits stand for those of their versions, and
/// nothing is newer than the newest of them. Reading only.
/// \retval kInvalidArgument  a version twice, or after max_version; neither commits nor
/// max_version.
Result<std::shared_ptr<LogStore>> MakeCatalogLog(std::shared_ptr<LogStore> log,
                                                 CatalogCommits commits);

}  // namespace deltaic
