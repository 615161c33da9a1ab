#include "capi/table_json.h"

#include "protocol/json.h"
#include "protocol/table_features.h"

namespace deltaic::capi {
namespace {

void WriteTextOrNull(JsonWriter& json, const std::optional<std::string>& text) {
  text ? json.String(*text) : json.Null();
}

void WriteIntOrNull(JsonWriter& json, const std::optional<int64_t>& value) {
  value ? json.Int(*value) : json.Null();
}

void WriteTexts(JsonWriter& json, const std::vector<std::string>& texts) {
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void WriteTextsOrNull(JsonWriter& json, const std::optional<std::vector<std::string>>& texts) {
  texts ? WriteTexts(json, *texts) : static_cast<void>(json.Null());
}

}  // namespace

std::string FormatMetadata(const Metadata& metadata) {
  JsonWriter json;
  json.BeginObject().Key("id").String(metadata.id).Key("name");
  WriteTextOrNull(json, metadata.name);
  json.Key("description");
  WriteTextOrNull(json, metadata.description);
  json.Key("partitionColumns");
  WriteTexts(json, metadata.partition_columns);
  json.Key("createdTime");
  WriteIntOrNull(json, metadata.created_time_ms);
  json.Key("configuration").BeginObject();
  for (const auto& [key, value] : metadata.configuration) json.Key(key).String(value);
  json.EndObject().EndObject();
  return json.Take();
}

std::string FormatProtocol(const Protocol& protocol) {
  JsonWriter json;
  json.BeginObject().Key("minReaderVersion").Int(protocol.min_reader_version);
  json.Key("minWriterVersion").Int(protocol.min_writer_version).Key("readerFeatures");
  WriteTextsOrNull(json, protocol.reader_features);
  json.Key("writerFeatures");
  WriteTextsOrNull(json, protocol.writer_features);
  json.EndObject();
  return json.Take();
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

Result<std::string> FormatDetails(const Snapshot& snapshot) {
  DELTAIC_ASSIGN_OR_RETURN(const Snapshot::FileTotals totals, snapshot.Totals());
  DELTAIC_ASSIGN_OR_RETURN(const TimestampMs time, snapshot.timestamp());
  JsonWriter json;
  json.BeginObject().Key("version").Int(snapshot.version().value).Key("timestamp").Int(time.value);
  json.Key("numFiles")
      .Int(totals.num_files)
      .Key("totalBytes")
      .Int(totals.total_bytes)
      .Key("numRows");
  WriteIntOrNull(json, totals.num_rows);
  json.Key("features");
  WriteTexts(json, ProtocolFeatures(snapshot.protocol()));
  json.EndObject();
  return json.Take();
}

std::string FormatHistory(const std::vector<HistoryEntry>& history) {
  JsonWriter json;
  json.BeginArray();
  for (const HistoryEntry& entry : history) {
    json.BeginObject()
        .Key("version")
        .Int(entry.version.value)
        .Key("timestamp")
        .Int(entry.timestamp.value);
    json.Key("commitInfo");
    entry.commit_info ? json.Raw(entry.commit_info->json) : json.Null();
    json.EndObject();
  }
  json.EndArray();
  return json.Take();
}

}  // namespace deltaic::capi
