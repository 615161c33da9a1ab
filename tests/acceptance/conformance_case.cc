#include "acceptance/conformance_case.h"

#include <simdjson.h>

namespace deltaic {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::string Text(element value) { return std::string(std::string_view(value)); }

std::vector<std::string> Texts(element list) {
  std::vector<std::string> out;
  for (element item : list.get_array()) out.push_back(Text(item));
  return out;
}

std::map<std::string, std::string> TextMap(element value) {
  std::map<std::string, std::string> out;
  for (auto [key, item] : value.get_object()) out.emplace(key, Text(item));
  return out;
}

ExpectedSnapshot ParseSnapshot(element json) {
  ExpectedSnapshot out;
  out.version = json["version"];
  out.num_files = json["num_files"];
  out.num_tombstones = json["num_tombstones"];
  out.total_size = json["total_size"];
  out.num_deletion_vectors = json["num_deletion_vectors"];
  out.min_reader = json["min_reader"];
  out.min_writer = json["min_writer"];
  out.reader_features = Texts(json["reader_features"]);
  out.writer_features = Texts(json["writer_features"]);
  out.partition_columns = Texts(json["partition_columns"]);
  out.column_mapping = Text(json["column_mapping"]);
  out.table_id = Text(json["table_id"]);
  out.properties = TextMap(json["properties"]);
  out.domains = TextMap(json["domains"]);
  for (auto [key, version] : json["txns"].get_object()) out.txns.emplace(key, int64_t(version));
  if (element time = json["in_commit_timestamp"]; !time.is_null()) out.in_commit_timestamp = time;
  return out;
}

ConformanceCase ParseCase(element json) {
  ConformanceCase out;
  out.name = Text(json["name"]);
  out.path = Text(json["path"]);
  out.kind = Text(json["kind"]);
  element value;
  if (json["template"].get(value) == simdjson::SUCCESS) out.placeholders = TextMap(value);
  element expected = json["expected"];
  if (expected["snapshot"].get(value) == simdjson::SUCCESS) out.snapshot = ParseSnapshot(value);
  if (expected["rows"].get(value) == simdjson::SUCCESS) out.rows = int64_t(value);
  if (expected["sha256"].get(value) == simdjson::SUCCESS) out.digests.push_back(Text(value));
  if (expected["sha256_alternatives"].get(value) == simdjson::SUCCESS) {
    for (const std::string& digest : Texts(value)) out.digests.push_back(digest);
  }
  if (expected["error"].get(value) == simdjson::SUCCESS) out.error = Text(value);
  if (expected["cdf_rows_by_version"].get(value) == simdjson::SUCCESS) {
    for (auto [version, kinds] : value.get_object()) {
      auto& counts = out.changes_by_version[std::stoll(std::string(version))];
      for (auto [kind, rows] : kinds.get_object()) counts.emplace(kind, int64_t(rows));
    }
  }
  if (json["catalog"].get(value) == simdjson::SUCCESS) {
    out.staged_commits = Texts(value["ratified_staged_commits"]);
    out.max_catalog_version = int64_t(value["max_catalog_version"]);
  }
  if (expected["rows_by_version"].get(value) == simdjson::SUCCESS) {
    for (auto [version, rows] : value.get_object()) {
      out.rows_by_version[std::stoll(std::string(version))] =
          rows.is_int64() ? std::optional<int64_t>(int64_t(rows)) : std::nullopt;
    }
  }
  return out;
}

}  // namespace

Result<std::vector<ConformanceCase>> ReadConformanceCases(const std::string& path) {
  try {
    simdjson::dom::parser parser;
    std::vector<ConformanceCase> cases;
    for (element json : parser.load(path)["cases"].get_array()) cases.push_back(ParseCase(json));
    return cases;
  } catch (const simdjson::simdjson_error& error) {
    if (error.error() == simdjson::IO_ERROR) return Status::NotFound(path, " cannot be read");
    return Status::Corruption(path, " is not a list of conformance cases: ", error.what());
  }
}

}  // namespace deltaic
