#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "acceptance/conformance_case.h"
#include "acceptance/scratch_table.h"
#include "acceptance/snapshot_facts.h"
#include "support/status_matchers.h"
#include "table/table.h"

namespace deltaic {
namespace {

namespace fs = std::filesystem;

/// DELTAIC_CONFORMANCE_DIR, else the folder beside the project; empty if there is none.
fs::path CasesFolder() {
  const char* given = std::getenv("DELTAIC_CONFORMANCE_DIR");
  const fs::path folder = given != nullptr ? given : DELTAIC_CONFORMANCE_DEFAULT_DIR;
  return fs::exists(folder / "cases.json") ? folder : fs::path();
}

/// Kinds whose log is readable and whose facts are certain.
bool HasFacts(const ConformanceCase& test) {
  return test.snapshot &&
         (test.kind == "read" || test.kind == "snapshot-only" || test.kind == "data-error");
}

TEST(ConformanceSnapshots, FactsAreTheExpectedOnes) {
  const fs::path folder = CasesFolder();
  if (folder.empty()) GTEST_SKIP() << "no conformance tables; set DELTAIC_CONFORMANCE_DIR";
  const auto cases = ReadConformanceCases((folder / "cases.json").string());
  ASSERT_THAT(cases, testing::IsOk());
  int checked = 0;
  for (const ConformanceCase& test : *cases) {
    SCOPED_TRACE(test.name);
    if (!HasFacts(test)) continue;
    std::optional<ScratchTable> scratch;
    fs::path path = folder / test.path;
    if (!test.placeholders.empty()) path = scratch.emplace(path, test).table();
    const auto table = Table::At(path.string(), {});
    ASSERT_THAT(table, testing::IsOk());
    const auto snapshot = (*table)->Load();
    // A table whose schema has a type this build lacks is refused by name; the runner over whole
    // cases counts those.
    if (snapshot.status().code() == StatusCode::kUnsupported) continue;
    EXPECT_THAT(snapshot, testing::IsOk());
    if (!snapshot.ok()) continue;
    EXPECT_THAT(DiffSnapshot(**snapshot, *test.snapshot), testing::IsOkAndHolds(std::string()));
    ++checked;
  }
  EXPECT_GT(checked, 100);
}

TEST(ConformanceSnapshots, BrokenLogsAreRefused) {
  const fs::path folder = CasesFolder();
  if (folder.empty()) GTEST_SKIP() << "no conformance tables; set DELTAIC_CONFORMANCE_DIR";
  const std::map<std::string, StatusCode> codes = {
      {"UNSUPPORTED_READER_FEATURE", StatusCode::kUnsupported},
      {"UNSUPPORTED_READER_VERSION", StatusCode::kUnsupported},
      {"BAD_SCHEMA", StatusCode::kCorruption},
      {"MISSING_METADATA", StatusCode::kCorruption},
      {"VERSIONS_NOT_CONTIGUOUS", StatusCode::kCorruption},
      {"TABLE_NOT_FOUND", StatusCode::kNotFound}};
  const auto cases = ReadConformanceCases((folder / "cases.json").string());
  ASSERT_THAT(cases, testing::IsOk());
  for (const ConformanceCase& test : *cases) {
    const auto code = codes.find(test.error);
    if (test.kind != "error" || code == codes.end()) continue;
    SCOPED_TRACE(test.name);
    const auto table = Table::At((folder / test.path).string(), {});
    ASSERT_THAT(table, testing::IsOk());
    EXPECT_THAT((*table)->Load(), testing::StatusIs(code->second));
  }
}

}  // namespace
}  // namespace deltaic
