#include "capi/table.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/table_json.h"
#include "catalog/open_table_store.h"
#include "data/values/type_mapping.h"
#include "protocol/schema_json.h"
#include "storage/arrow_status.h"
#include "table/checkpoint.h"

namespace deltaic::capi {

Result<SnapshotPtr> LoadedSnapshot(const deltaic_table* table) {
  DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
  SnapshotPtr snapshot = table->loaded.Get();
  if (!snapshot) {
    return Status::InvalidArgument("no version of ", table->table->uri(),
                                   " is loaded; call deltaic_table_load first");
  }
  return snapshot;
}

Result<std::shared_ptr<Table>> TableAt(const char* uri, const deltaic_options* storage) {
  DELTAIC_RETURN_IF_ERROR(RequireNotNull("uri", uri));
  StorageOptions options;
  if (storage != nullptr) {
    for (const auto& [key, values] : storage->values) {
      if (!values.empty()) options[key] = values.back();
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(
      auto store,
      OpenTableStore(uri, options, storage == nullptr ? OptionsProvider() : storage->credentials,
                     IoContext{.cancel = CancellationOf(storage)}));
  return Table::Of(std::move(store));
}

namespace {

const OptionTable<CatalogCommits>& CatalogTable() {
  return MadeOnce([] {
    return OptionTable<CatalogCommits>("deltaic_table_set_catalog")
        .Custom("catalog_commits", "list",
                "each <version>.<uuid>.json, a file in _delta_log/_staged_commits, or "
                "<version>=<content>, the commit itself",
                [](const GivenOption& given, CatalogCommits& out) -> Status {
                  for (const std::string& text : given.values) {
                    DELTAIC_ASSIGN_OR_RETURN(out.commits.emplace_back(), ParseRatifiedCommit(text));
                  }
                  return Status();
                })
        .Number("max_catalog_version", &CatalogCommits::max_version, 0,
                "the newest version that the catalog has ratified; default: of the commits");
  });
}

struct HistoryCall {
  std::optional<int64_t> limit;
};

const OptionTable<HistoryCall>& HistoryTable() {
  return MadeOnce([] {
    return OptionTable<HistoryCall>("deltaic_table_history_json")
        .Number("limit", &HistoryCall::limit, 0, "entries at most");
  });
}

/// Runs `load`, which gives a snapshot, and keeps it in the handle.
template <typename Load>
deltaic_status LoadInto(deltaic_table* table, std::string_view call, const deltaic_options* options,
                        deltaic_error** error, Load&& load) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(const CancellationToken cancel, BeginCall(call, options));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, std::forward<Load>(load)());
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    table->loaded.Set(std::move(snapshot));
    return Status::Ok();
  });
}

/// Runs `format`, which gives text of the loaded snapshot, and hands the text out.
template <typename FormatText>
deltaic_status TextOf(const deltaic_table* table, char** out, deltaic_error** error,
                      FormatText&& format) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(std::string text, std::forward<FormatText>(format)(*snapshot));
    *out = NewString(text);
    return Status::Ok();
  });
}

}  // namespace

std::vector<CallDoc> TableCalls() {
  return {{"deltaic_table_set_catalog", CatalogTable().docs(), {}},
          {"deltaic_table_metadata_json", {}, MetadataJson().docs()},
          {"deltaic_table_protocol_json", {}, ProtocolJson().docs()},
          {"deltaic_table_details_json", {}, DetailsJson().docs()},
          {"deltaic_table_history_json", HistoryTable().docs(), HistoryEntryJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::Result;
using deltaic::Snapshot;
using deltaic::SnapshotPtr;
using deltaic::Status;
using deltaic::Version;
using deltaic::capi::BeginCall;
using deltaic::capi::Guard;
using deltaic::capi::LoadedVersion;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_table_at(const char* uri, const deltaic_options* storage,
                                deltaic_table** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(auto table, deltaic::capi::TableAt(uri, storage));
    *out = new deltaic_table{std::move(table), deltaic::capi::LoadedVersion(nullptr)};
    return Status::Ok();
  });
}

deltaic_status deltaic_table_open(const char* uri, const deltaic_options* storage,
                                  const deltaic_options* options, deltaic_table** out,
                                  deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_RETURN_IF_ERROR(BeginCall("deltaic_table_open", options));
    DELTAIC_ASSIGN_OR_RETURN(auto table, deltaic::capi::TableAt(uri, storage));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, table->Load());
    *out = new deltaic_table{std::move(table), deltaic::capi::LoadedVersion(std::move(snapshot))};
    return Status::Ok();
  });
}

deltaic_status deltaic_table_copy(const deltaic_table* table, deltaic_table** out,
                                  deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table and out", table, out));
    *out = new deltaic_table{table->table, LoadedVersion(table->loaded.Get())};
    return Status::Ok();
  });
}

void deltaic_table_free(deltaic_table* table) { delete table; }

deltaic_status deltaic_table_set_catalog(deltaic_table* table, const deltaic_options* options,
                                         deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto commits, deltaic::capi::CatalogTable().Read(options));
    DELTAIC_ASSIGN_OR_RETURN(table->table, table->table->WithCatalog(std::move(commits)));
    table->loaded.Set(nullptr);
    return Status::Ok();
  });
}

deltaic_status deltaic_table_exists(const deltaic_table* table, const deltaic_options* options,
                                    int* out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table and out", table, out));
    DELTAIC_RETURN_IF_ERROR(BeginCall("deltaic_table_exists", options));
    DELTAIC_ASSIGN_OR_RETURN(const bool exists, table->table->Exists());
    *out = exists ? 1 : 0;
    return Status::Ok();
  });
}

deltaic_status deltaic_table_load(deltaic_table* table, const deltaic_options* options,
                                  deltaic_error** error) {
  return deltaic::capi::LoadInto(table, "deltaic_table_load", options, error, [&] {
    const SnapshotPtr loaded = table->loaded.Get();
    return loaded ? table->table->Refresh(loaded) : table->table->Load();
  });
}

deltaic_status deltaic_table_load_version(deltaic_table* table, int64_t version,
                                          const deltaic_options* options, deltaic_error** error) {
  constexpr std::string_view kCall = "deltaic_table_load_version";
  return deltaic::capi::LoadInto(table, kCall, options, error, [&]() -> Result<SnapshotPtr> {
    if (version < 0) return Status::InvalidArgument("version ", version, " is below 0");
    return table->table->Load(Version{version});
  });
}

deltaic_status deltaic_table_load_timestamp(deltaic_table* table, int64_t timestamp_ms,
                                            const deltaic_options* options, deltaic_error** error) {
  constexpr std::string_view kCall = "deltaic_table_load_timestamp";
  return deltaic::capi::LoadInto(table, kCall, options, error, [&]() -> Result<SnapshotPtr> {
    DELTAIC_ASSIGN_OR_RETURN(const Version version,
                             table->table->VersionAt(deltaic::TimestampMs{timestamp_ms}));
    return table->table->Load(version);
  });
}

deltaic_status deltaic_parse_timestamp(const char* text, int64_t* timestamp_ms,
                                       deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("text and timestamp_ms", text, timestamp_ms));
    DELTAIC_ASSIGN_OR_RETURN(const auto time, deltaic::capi::ParseTimestampMs(text));
    *timestamp_ms = time.value;
    return Status::Ok();
  });
}

int64_t deltaic_table_version(const deltaic_table* table) {
  const SnapshotPtr loaded = table == nullptr ? nullptr : table->loaded.Get();
  return loaded ? loaded->version().value : -1;
}

const char* deltaic_table_uri(const deltaic_table* table) {
  return table == nullptr ? "" : table->table->uri().c_str();
}

deltaic_status deltaic_table_schema(const deltaic_table* table, struct ArrowSchema* out,
                                    deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(auto schema, deltaic::ToArrowSchemaWithMetadata(*snapshot->schema()));
    return deltaic::AsStatus(arrow::ExportSchema(*schema, out));
  });
}

deltaic_status deltaic_table_schema_json(const deltaic_table* table, char** out,
                                         deltaic_error** error) {
  return deltaic::capi::TextOf(table, out, error,
                               [](const Snapshot& snapshot) -> Result<std::string> {
                                 return deltaic::FormatSchema(*snapshot.schema());
                               });
}

deltaic_status deltaic_table_metadata_json(const deltaic_table* table, char** out,
                                           deltaic_error** error) {
  return deltaic::capi::TextOf(table, out, error,
                               [](const Snapshot& snapshot) -> Result<std::string> {
                                 return deltaic::capi::MetadataJson().Format(snapshot.metadata());
                               });
}

deltaic_status deltaic_table_protocol_json(const deltaic_table* table, char** out,
                                           deltaic_error** error) {
  return deltaic::capi::TextOf(table, out, error,
                               [](const Snapshot& snapshot) -> Result<std::string> {
                                 return deltaic::capi::ProtocolJson().Format(snapshot.protocol());
                               });
}

deltaic_status deltaic_table_domains_json(const deltaic_table* table,
                                          const deltaic_options* options, char** out,
                                          deltaic_error** error) {
  return deltaic::capi::TextOf(
      table, out, error, [&](const Snapshot& snapshot) -> Result<std::string> {
        DELTAIC_RETURN_IF_ERROR(BeginCall("deltaic_table_domains_json", options));
        DELTAIC_ASSIGN_OR_RETURN(const auto domains, snapshot.Domains());
        return deltaic::capi::FormatDomains(domains);
      });
}

deltaic_status deltaic_table_details_json(const deltaic_table* table,
                                          const deltaic_options* options, char** out,
                                          deltaic_error** error) {
  return deltaic::capi::TextOf(
      table, out, error, [&](const Snapshot& snapshot) -> Result<std::string> {
        DELTAIC_RETURN_IF_ERROR(BeginCall("deltaic_table_details_json", options));
        DELTAIC_ASSIGN_OR_RETURN(const auto details, deltaic::capi::DetailsOf(snapshot));
        return deltaic::capi::DetailsJson().Format(details);
      });
}

deltaic_status deltaic_table_history_json(const deltaic_table* table,
                                          const deltaic_options* options, char** out,
                                          deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table and out", table, out));
    DELTAIC_ASSIGN_OR_RETURN(const auto call, deltaic::capi::HistoryTable().Read(options));
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::CancellationOf(options).Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto history, table->table->History(call.limit));
    *out = deltaic::capi::NewString(deltaic::capi::FormatHistory(history));
    return Status::Ok();
  });
}

deltaic_status deltaic_table_transaction_version(const deltaic_table* table, const char* app_id,
                                                 const deltaic_options* options, int64_t* out,
                                                 deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("app_id and out", app_id, out));
    DELTAIC_RETURN_IF_ERROR(BeginCall("deltaic_table_transaction_version", options));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(const auto txn, snapshot->TransactionOf(app_id));
    *out = txn ? txn->version : -1;
    return Status::Ok();
  });
}

deltaic_status deltaic_table_checkpoint(deltaic_table* table, const deltaic_options* options,
                                        deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(auto cancel, BeginCall("deltaic_table_checkpoint", options));
    return deltaic::WriteCheckpoint(*snapshot,
                                    {std::move(cancel), deltaic::capi::ProgressOf(options)});
  });
}

}  // extern "C"
