// Runs the conformance tables and prints `N passed, N failed, N skipped`.
//
//   deltaic-conformance [--cases DIR] [--root URI] [--verbose] [NAME-SUBSTRING...]
//
// DIR holds cases.json and the tables, as its README describes. With --root the tables are read
// from a copy of DIR there, whose storage the environment describes. What this build does not
// implement yet is skipped, with the reason it gave. Exits 1 if a case failed.

#include <arrow/api.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "acceptance/canonical_rows.h"
#include "acceptance/conformance_case.h"
#include "acceptance/scratch_table.h"
#include "acceptance/snapshot_facts.h"
#include "base/percent_encoding.h"
#include "scan/changes.h"
#include "scan/scan.h"
#include "storage/arrow_status.h"
#include "table/table.h"

namespace deltaic {
namespace {

namespace fs = std::filesystem;

/// What became of one case: passed when both are empty.
struct Verdict {
  std::string failure;
  std::string skipped;
};

Verdict Fail(std::string why) { return {std::move(why), {}}; }
/// A read that this build refuses by name counts as "not there yet"; every other error is a
/// failure.
Verdict FromError(const Status& status) {
  if (status.code() == StatusCode::kUnsupported) return {{}, status.message()};
  return {status.ToString(), {}};
}

Result<std::vector<std::string>> ReadRows(const SnapshotPtr& snapshot) {
  DELTAIC_ASSIGN_OR_RETURN(auto scan, Scan::Make(snapshot, {}));
  std::vector<std::string> rows;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, scan->Next());
    if (!batch) return rows;
    DELTAIC_ASSIGN_OR_RETURN(auto some, CanonicalRows(*batch));
    for (std::string& row : some) rows.push_back(std::move(row));
  }
}

Result<int64_t> CountRowsAt(const Table& table, int64_t version) {
  DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, table.Load(Version{version}));
  DELTAIC_ASSIGN_OR_RETURN(auto rows, ReadRows(snapshot));
  return static_cast<int64_t>(rows.size());
}

Verdict RunRead(const Table& table, const ConformanceCase& test) {
  Result<SnapshotPtr> snapshot = table.Load();
  if (!snapshot.ok()) return FromError(snapshot.status());
  if (test.snapshot) {
    Result<std::string> diff = DiffSnapshot(**snapshot, *test.snapshot);
    if (!diff.ok()) return FromError(diff.status());
    if (!diff->empty()) return Fail(*diff);
  }
  if (test.rows) {
    Result<std::vector<std::string>> rows = ReadRows(*snapshot);
    if (!rows.ok()) return FromError(rows.status());
    const auto count = static_cast<int64_t>(rows->size());
    if (count != *test.rows) return Fail(Concat("expected ", *test.rows, " rows, got ", count));
    const std::string digest = DigestOfRows(*rows);
    if (std::find(test.digests.begin(), test.digests.end(), digest) == test.digests.end()) {
      std::sort(rows->begin(), rows->end());
      return Fail(Concat("values differ; first row: ", rows->empty() ? "" : rows->front()));
    }
  }
  for (const auto& [version, expected] : test.rows_by_version) {
    Result<int64_t> rows = CountRowsAt(table, version);
    if (expected && !rows.ok()) {
      Verdict verdict = FromError(rows.status());
      if (!verdict.failure.empty())
        verdict.failure = Concat("version ", version, ": ", verdict.failure);
      return verdict;
    }
    if (expected && *rows != *expected) {
      return Fail(Concat("version ", version, ": expected ", *expected, " rows, got ", *rows));
    }
    if (!expected && rows.ok()) return Fail(Concat("version ", version, " should not read"));
  }
  return {};
}

/// The whole way of a reader: load, list, read. The first error stops it.
Status LoadAndRead(const Table& table, bool read) {
  DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, table.Load());
  if (read) DELTAIC_RETURN_IF_ERROR(ReadRows(snapshot));
  return Status::Ok();
}

Verdict RunError(const Table& table, const ConformanceCase& test) {
  const Status status = LoadAndRead(table, true);
  if (status.ok()) return Fail("read, but should fail with " + test.error);
  static const std::map<std::string, std::set<StatusCode>> kCodes = {
      {"UNSUPPORTED_READER_FEATURE", {StatusCode::kUnsupported}},
      {"UNSUPPORTED_READER_VERSION", {StatusCode::kUnsupported}},
      {"BAD_SCHEMA", {StatusCode::kCorruption}},
      {"MISSING_METADATA", {StatusCode::kCorruption}},
      {"VERSIONS_NOT_CONTIGUOUS", {StatusCode::kCorruption}},
      {"TABLE_NOT_FOUND", {StatusCode::kNotFound}},
      {"CATALOG_REQUIRED", {StatusCode::kUnsupported}},
  };
  const auto codes = kCodes.find(test.error);
  if (codes == kCodes.end()) return Fail("this runner has no meaning for " + test.error);
  if (!codes->second.contains(status.code()))
    return Fail("expected " + test.error + ", got " + status.ToString());
  return {};
}

Verdict RunWithCatalog(const Table& table, const ConformanceCase& test) {
  CatalogCommits commits;
  for (const std::string& name : test.staged_commits) {
    Result<RatifiedCommit> commit = ParseRatifiedCommit(name);
    if (!commit.ok()) return Fail(commit.status().ToString());
    commits.commits.push_back(*std::move(commit));
  }
  if (test.max_catalog_version) commits.max_version = Version{*test.max_catalog_version};
  Result<std::shared_ptr<Table>> managed = table.WithCatalog(std::move(commits));
  return managed.ok() ? RunRead(**managed, test) : Fail(managed.status().ToString());
}

Verdict RunDataError(const Table& table, const ConformanceCase& test) {
  if (Status status = LoadAndRead(table, false); !status.ok()) return Fail(status.ToString());
  const Status status = LoadAndRead(table, true);
  if (status.ok()) return Fail("read, but should fail with " + test.error);
  if (status.code() != StatusCode::kCorruption)
    return Fail("expected " + test.error + ", got " + status.ToString());
  return {};
}

/// The log breaks the protocol: a clear refusal is right, and so are the facts that the case
/// prefers.
Verdict RunImplementationDefined(const Table& table, const ConformanceCase& test) {
  Result<SnapshotPtr> snapshot = table.Load();
  if (!snapshot.ok()) {
    return snapshot.status().code() == StatusCode::kInternal ? Fail(snapshot.status().ToString())
                                                             : Verdict();
  }
  if (!test.snapshot) return {};
  Result<std::string> diff = DiffSnapshot(**snapshot, *test.snapshot);
  if (!diff.ok()) return Fail(diff.status().ToString());
  return {*diff, {}};
}

using CountsByKind = std::map<std::string, int64_t>;

/// How many rows of each kind the change data feed of one version has.
Result<CountsByKind> CountChanges(const Table& table, const SnapshotPtr& newest, int64_t version) {
  ChangesOptions options;
  options.from_version = options.to_version = Version{version};
  DELTAIC_ASSIGN_OR_RETURN(auto changes, OpenChanges(table, newest, options));
  CountsByKind counts;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, changes->Next());
    if (!batch) return counts;
    const auto& versions =
        static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("_commit_version"));
    const auto& kinds =
        static_cast<const arrow::StringArray&>(*batch->GetColumnByName("_change_type"));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      if (versions.Value(row) != version) return Status::Internal("a row of another version");
      ++counts[kinds.GetString(row)];
    }
  }
}

std::string FormatCounts(const CountsByKind& counts) {
  std::string text;
  for (const auto& [kind, rows] : counts) text += Concat(text.empty() ? "" : ", ", rows, " ", kind);
  return text.empty() ? "no change" : text;
}

Verdict RunChangeFeed(const Table& table, const ConformanceCase& test) {
  Result<SnapshotPtr> newest = table.Load();
  if (!newest.ok()) return FromError(newest.status());
  for (const auto& [version, expected] : test.changes_by_version) {
    Result<CountsByKind> counts = CountChanges(table, *newest, version);
    if (!counts.ok()) return Fail(Concat("version ", version, ": ", counts.status().ToString()));
    if (*counts != expected) {
      return Fail(Concat("version ", version, ": expected ", FormatCounts(expected), ", got ",
                         FormatCounts(*counts)));
    }
  }
  return {};
}

/// Where the tables are.
struct Place {
  std::string folder;
  std::string root;  ///< a URI; empty: the folder

  std::string UriOf(const std::string& path) const {
    return root.empty() ? folder + "/" + path : Concat(root, "/", PercentEncodePath(path));
  }
};

Verdict RunCase(const Place& place, const ConformanceCase& test) {
  std::optional<ScratchTable> scratch;
  std::string uri = place.UriOf(test.path);
  if (!test.placeholders.empty()) {
    if (!place.root.empty()) return {{}, "its log names places on the local disk"};
    uri = scratch.emplace(uri, test).table().string();
  }
  Result<std::shared_ptr<Table>> table = Table::At(uri, {});
  if (!table.ok()) return Fail(table.status().ToString());
  if (test.kind == "read" || test.kind == "snapshot-only") return RunRead(**table, test);
  if (test.kind == "error") return RunError(**table, test);
  if (test.kind == "data-error") return RunDataError(**table, test);
  if (test.kind == "implementation-defined") return RunImplementationDefined(**table, test);
  if (test.kind == "catalog") {
    ConformanceCase by_path = test;
    by_path.error = "CATALOG_REQUIRED";
    Verdict verdict = RunError(**table, by_path);
    return verdict.failure.empty() ? RunWithCatalog(**table, test) : verdict;
  }
  return Fail("unknown kind " + test.kind);
}

int Run(const Place& place, const std::vector<std::string>& only, bool verbose) {
  Result<std::vector<ConformanceCase>> cases = ReadConformanceCases(place.folder + "/cases.json");
  if (!cases.ok()) {
    std::cerr << cases.status().message() << "\n";
    return 2;
  }
  int passed = 0, failed = 0, skipped = 0;
  auto report = [&](const std::string& name, const Verdict& verdict) {
    if (!verdict.failure.empty()) {
      ++failed;
      std::cout << "FAIL " << name << ": " << verdict.failure << std::endl;
    } else if (!verdict.skipped.empty()) {
      ++skipped;
      std::cout << "skip " << name << ": " << verdict.skipped << std::endl;
    } else {
      ++passed;
      if (verbose) std::cout << "ok   " << name << std::endl;
    }
  };
  for (const ConformanceCase& test : *cases) {
    const bool wanted =
        only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& part) {
          return test.name.find(part) != std::string::npos;
        });
    if (!wanted) continue;
    report(test.name, RunCase(place, test));
    if (!test.changes_by_version.empty()) {
      Result<std::shared_ptr<Table>> table = Table::At(place.UriOf(test.path), {});
      report(test.name + " (change feed)",
             table.ok() ? RunChangeFeed(**table, test) : Fail(table.status().ToString()));
    }
  }
  std::cout << passed << " passed, " << failed << " failed, " << skipped << " skipped" << std::endl;
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace deltaic

int main(int argc, char** argv) {
  deltaic::Place place{"../shared/conformance", ""};
  std::vector<std::string> only;
  bool verbose = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--cases" && i + 1 < argc) {
      place.folder = argv[++i];
    } else if (arg == "--root" && i + 1 < argc) {
      place.root = argv[++i];
    } else if (arg == "--verbose") {
      verbose = true;
    } else if (arg.substr(0, 1) == "-") {
      std::cerr << "usage: deltaic-conformance [--cases DIR] [--root URI] [--verbose] "
                   "[NAME-SUBSTRING...]\n";
      return 2;
    } else {
      only.emplace_back(arg);
    }
  }
  return deltaic::Run(place, only, verbose);
}
