#include "capi/table_json.h"

#include <optional>

#include "base/made_once.h"
#include "protocol/json.h"
#include "protocol/table_features.h"

namespace deltaic::capi {

const JsonTable<Metadata>& MetadataJson() {
  return MadeOnce([] {
    return JsonTable<Metadata>()
        .Key("id", &Metadata::id)
        .Key("name", &Metadata::name, "or null")
        .Key("description", &Metadata::description, "or null")
        .Key("partitionColumns", &Metadata::partition_columns, "list")
        .Key("createdTime", &Metadata::created_time_ms,
             "milliseconds since 1970-01-01 UTC, or null")
        .Custom("configuration", "object of texts", [](JsonWriter& out, const Metadata& metadata) {
          out.BeginObject();
          for (const auto& [key, value] : metadata.configuration) out.Key(key).String(value);
          out.EndObject();
        });
  });
}

const JsonTable<Protocol>& ProtocolJson() {
  return MadeOnce([] {
    return JsonTable<Protocol>()
        .Key("minReaderVersion", &Protocol::min_reader_version)
        .Key("minWriterVersion", &Protocol::min_writer_version)
        .Key("readerFeatures", &Protocol::reader_features, "list or null")
        .Key("writerFeatures", &Protocol::writer_features, "list or null");
  });
}

std::string FormatDomains(const std::vector<DomainMetadata>& domains) {
  JsonWriter json;
  json.BeginObject();
  for (const DomainMetadata& domain : domains) {
    if (!domain.removed) json.Key(domain.domain).String(domain.configuration);
  }
  json.EndObject();
  return json.Take();
}

Result<TableDetails> DetailsOf(const Snapshot& snapshot) {
  TableDetails details;
  details.version = snapshot.version().value;
  DELTAIC_ASSIGN_OR_RETURN(details.totals, snapshot.Totals());
  DELTAIC_ASSIGN_OR_RETURN(const TimestampMs time, snapshot.timestamp());
  details.timestamp = time.value;
  details.features = ProtocolFeatures(snapshot.protocol());
  return details;
}

const JsonTable<TableDetails>& DetailsJson() {
  return MadeOnce([] {
    return JsonTable<TableDetails>()
        .Key("version", &TableDetails::version)
        .Key("timestamp", &TableDetails::timestamp, "milliseconds since 1970-01-01 UTC")
        .Key("numFiles", [](const TableDetails& d) { return d.totals.num_files; })
        .Key("totalBytes", [](const TableDetails& d) { return d.totals.total_bytes; })
        .Key(
            "numRows", [](const TableDetails& d) { return d.totals.num_rows; },
            "null where the log does not know")
        .Key("features", &TableDetails::features, "list");
  });
}

const JsonTable<HistoryEntry>& HistoryEntryJson() {
  return MadeOnce([] {
    return JsonTable<HistoryEntry>()
        .Key("version", &HistoryEntry::version)
        .Key("timestamp", &HistoryEntry::timestamp, "milliseconds since 1970-01-01 UTC")
        .Custom("commitInfo", "object as it stands in the log, or null",
                [](JsonWriter& out, const HistoryEntry& entry) {
                  entry.commit_info ? out.Raw(entry.commit_info->json) : out.Null();
                });
  });
}

std::string FormatHistory(const std::vector<HistoryEntry>& history) {
  JsonWriter json;
  json.BeginArray();
  for (const HistoryEntry& entry : history) HistoryEntryJson().Write(json, entry);
  json.EndArray();
  return json.Take();
}

}  // namespace deltaic::capi
