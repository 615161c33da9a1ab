#include "protocol/scan_task_header.h"

#include <utility>

#include "protocol/json_fields.h"

namespace deltaic {
namespace {

using json::Member;
using json::Presence;

/// The version is a plain number in JSON.
struct Header {
  std::string table;
  int64_t version = 0;
  std::vector<std::string> columns;
  std::vector<std::string> metadata_columns;
  std::string predicate;
  int64_t now_micros = 0;
  std::string time_zone;
  std::vector<int64_t> ranges;
};

constexpr json::Field<Header> kFields[] = {
    Member<&Header::table>("table", Presence::kRequired),
    Member<&Header::version>("version", Presence::kRequired),
    Member<&Header::columns>("columns", Presence::kRequired),
    Member<&Header::metadata_columns>("metadataColumns"),
    Member<&Header::predicate>("predicate"),
    Member<&Header::now_micros>("nowMicros"),
    Member<&Header::time_zone>("timeZone"),
    Member<&Header::ranges>("ranges"),
};

}  // namespace

std::string FormatScanTaskHeader(const ScanTaskHeader& header) {
  JsonWriter out;
  json::WriteFields<Header>(
      out, kFields,
      Header{header.table, header.version.value, header.columns, header.metadata_columns,
             header.predicate, header.now_micros, header.time_zone, header.ranges});
  return out.Take();
}

Result<ScanTaskHeader> ParseScanTaskHeader(std::string_view json) {
  Header header;
  json::ParserLease lease;
  DELTAIC_ASSIGN_OR_RETURN(auto document, lease.Start(json));
  DELTAIC_RETURN_IF_ERROR(json::ReadFields<Header>(document, kFields, header));
  DELTAIC_RETURN_IF_ERROR(json::CheckEnd(document));
  if (header.version < 0) return Status::Corruption("version: is negative");
  return ScanTaskHeader{std::move(header.table),     Version{header.version},
                        std::move(header.columns),   std::move(header.metadata_columns),
                        std::move(header.predicate), header.now_micros,
                        std::move(header.time_zone), std::move(header.ranges)};
}

}  // namespace deltaic
