#include "scan/read_spec.h"

#include <algorithm>
#include <utility>

#include "expr/bind.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "scan/column_names.h"

namespace deltaic {
namespace {

/// Source: PROTOCOL.md, "Reader Requirements for Row Tracking".
Status AddMetadataColumns(const ScannedTable& table, const std::vector<MetadataColumn>& columns,
                          DataReadSpec& spec) {
  spec.metadata_columns = columns;
  if (!NeedsRowTracking(columns)) return Status();
  if (!table.row_tracking) {
    return Status::InvalidArgument(table.uri,
                                   " has no row ids and row commit versions: row tracking "
                                   "(delta.enableRowTracking) is not on");
  }
  spec.row_id_column = table.row_tracking->row_id;
  spec.row_commit_version_column = table.row_tracking->row_commit_version;
  return Status();
}

}  // namespace

ScannedTable ScannedTableOf(std::string uri, SchemaPtr schema, const Protocol& protocol,
                            const Metadata& metadata) {
  const TableProperties properties = ParseTableProperties(metadata.configuration);
  ScannedTable table{.uri = std::move(uri),
                     .schema = std::move(schema),
                     .partition_columns = metadata.partition_columns};
  if (ProtocolHasFeature(protocol, "columnMapping"))
    table.column_mapping = properties.column_mapping_mode;
  if (properties.enable_row_tracking && ProtocolHasFeature(protocol, "rowTracking")) {
    const auto column_name = [&](const char* key) {
      const auto entry = metadata.configuration.find(key);
      return entry == metadata.configuration.end() ? std::string() : entry->second;
    };
    table.row_tracking = {column_name("delta.rowTracking.materializedRowIdColumnName"),
                          column_name("delta.rowTracking.materializedRowCommitVersionColumnName")};
  }
  return table;
}

ScannedTable ScannedTableOf(const Snapshot& snapshot) {
  return ScannedTableOf(snapshot.store()->root_uri(), snapshot.schema(), snapshot.protocol(),
                        snapshot.metadata());
}

bool NeedsRowTracking(const std::vector<MetadataColumn>& columns) {
  return std::ranges::any_of(columns, [](MetadataColumn column) {
    return column == MetadataColumn::kRowId || column == MetadataColumn::kRowCommitVersion;
  });
}

Result<std::shared_ptr<DataReadSpec>> MakeReadSpec(const ScannedTable& table,
                                                   const ScanOptions& options) {
  auto spec = std::make_shared<DataReadSpec>();
  spec->table_schema = table.schema;
  spec->partition_columns = table.partition_columns;
  spec->column_mapping = table.column_mapping;
  DELTAIC_ASSIGN_OR_RETURN(spec->columns, ResolveColumnNames(*table.schema, options.columns));
  DELTAIC_ASSIGN_OR_RETURN(spec->dictionary_columns,
                           ResolveStringColumns(*table.schema, options.dictionary_columns));
  DELTAIC_RETURN_IF_ERROR(AddMetadataColumns(table, options.metadata_columns, *spec));
  if (options.predicate != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(spec->predicate,
                             BindPredicate(options.predicate, *table.schema, options.session));
  }
  return spec;
}

}  // namespace deltaic
