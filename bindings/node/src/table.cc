#include "table.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "options.h"
#include "row_source.h"
#include "row_stream.h"
#include "sync.h"

namespace deltaic_node {
namespace {

CancellationHandle CancellationOf(const Napi::Value& value) {
  return Cancellation::Unwrap(value.As<Napi::Object>())->handle();
}

/// Options that a call on another thread keeps.
using SharedOptions = std::shared_ptr<deltaic_options>;
SharedOptions Share(OptionsHandle options) { return {options.release(), deltaic_options_free}; }

using JsonCall = deltaic_status (*)(deltaic_table*, const deltaic_options*, char**,
                                    deltaic_error**);

/// Calls that take options and give a text; null where there is none.
const std::map<std::string, JsonCall>& TextCalls() {
  static const std::map<std::string, JsonCall> calls = {
      {"domains", [](auto* t, auto* o, auto** out,
                     auto** e) { return deltaic_table_domains_json(t, o, out, e); }},
      {"details", [](auto* t, auto* o, auto** out,
                     auto** e) { return deltaic_table_details_json(t, o, out, e); }},
      {"history", [](auto* t, auto* o, auto** out,
                     auto** e) { return deltaic_table_history_json(t, o, out, e); }},
      {"explain", [](auto* t, auto* o, auto** out,
                     auto** e) { return deltaic_scan_explain_json(t, o, out, e); }},
      {"delete", deltaic_table_delete},
      {"update", deltaic_table_update},
      {"restore", deltaic_table_restore},
      {"optimize", deltaic_table_optimize},
      {"vacuum", deltaic_table_vacuum},
      {"alter", deltaic_table_alter},
      {"repair", deltaic_table_repair},
      {"cleanupLog", deltaic_table_cleanup_log},
      {"compactLog", deltaic_table_compact_log},
      {"manifest", deltaic_table_manifest},
      {"doctor", deltaic_table_doctor},
      {"setCatalog",
       [](auto* t, auto* o, auto**, auto** e) { return deltaic_table_set_catalog(t, o, e); }},
      {"checkpoint",
       [](auto* t, auto* o, auto**, auto** e) { return deltaic_table_checkpoint(t, o, e); }},
      {"create",
       [](auto* t, auto* o, auto**, auto** e) { return deltaic_table_create(t, nullptr, o, e); }},
  };
  return calls;
}

Napi::Value TextOrNull(Napi::Env env, char* text) {
  const TextHandle owned(text);
  return owned ? Napi::Value(Napi::String::New(env, owned.get())) : env.Null();
}

/// Runs a call that gives a text.
Napi::Value RunForText(Napi::Env env, const CancellationHandle& cancellation,
                       std::function<deltaic_status(char**, deltaic_error**)> call) {
  auto out = std::make_shared<char*>(nullptr);
  return RunAsync(
      env, cancellation,
      [call = std::move(call), out](deltaic_error** error) { return call(out.get(), error); },
      [out](Napi::Env to) { return TextOrNull(to, std::exchange(*out, nullptr)); });
}

}  // namespace

Table::Table(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  table_ = *info[0].As<Napi::External<TableHandle>>().Data();
}

Napi::Function Table::Define(Napi::Env env) {
  return DefineClass(
      env, "Table",
      {InstanceMethod<&Table::Copy>("copy"), InstanceMethod<&Table::Version>("version"),
       InstanceMethod<&Table::Uri>("uri"), InstanceMethod<&Table::Schema>("schema"),
       InstanceMethod<&Table::SchemaJson>("schemaJson"),
       InstanceMethod<&Table::MetadataJson>("metadataJson"),
       InstanceMethod<&Table::ProtocolJson>("protocolJson"), InstanceMethod<&Table::Free>("free"),
       InstanceMethod<&Table::Exists>("exists"), InstanceMethod<&Table::Load>("load"),
       InstanceMethod<&Table::Text>("text"), InstanceMethod<&Table::Count>("count"),
       InstanceMethod<&Table::TransactionVersion>("transactionVersion"),
       InstanceMethod<&Table::Open>("open"), InstanceMethod<&Table::Write>("write"),
       InstanceMethod<&Table::WriteFile>("writeFile"), InstanceMethod<&Table::Merge>("merge"),
       InstanceMethod<&Table::PlanSync>("planSync")});
}

Napi::Value Table::Wrap(Napi::Env env, TableHandle table) {
  return env.GetInstanceData<Instance>()->table.New(
      {Napi::External<TableHandle>::New(env, &table)});
}

const TableHandle& Table::handle(Napi::Env env) const {
  if (table_) return table_;
  Napi::Error error = Napi::Error::New(env, "the table is closed");
  error.Set("code", "InvalidArgument");
  throw error;
}

Napi::Value Table::At(const Napi::CallbackInfo& info) {
  const OptionsHandle storage = MakeOptions(info[1], nullptr);
  deltaic_table* table = nullptr;
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(),
                deltaic_table_at(TextOf(info[0]).c_str(), storage.get(), &table, &error), error);
  return Wrap(info.Env(), ShareTable(table));
}

Napi::Value Table::Copy(const Napi::CallbackInfo& info) {
  deltaic_table* table = nullptr;
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(), deltaic_table_copy(handle(info.Env()).get(), &table, &error), error);
  return Wrap(info.Env(), ShareTable(table));
}

Napi::Value Table::Version(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           static_cast<double>(deltaic_table_version(handle(info.Env()).get())));
}

Napi::Value Table::Uri(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), deltaic_table_uri(handle(info.Env()).get()));
}

Napi::Value Table::Schema(const Napi::CallbackInfo& info) {
  ArrowSchema schema{};
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(), deltaic_table_schema(handle(info.Env()).get(), &schema, &error), error);
  const Field field = CopySchema(schema);
  schema.release(&schema);
  return MakeSchema(info.Env(), field);
}

Napi::Value Table::SchemaJson(const Napi::CallbackInfo& info) {
  char* out = nullptr;
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(), deltaic_table_schema_json(handle(info.Env()).get(), &out, &error),
                error);
  return TextOrNull(info.Env(), out);
}

Napi::Value Table::MetadataJson(const Napi::CallbackInfo& info) {
  char* out = nullptr;
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(), deltaic_table_metadata_json(handle(info.Env()).get(), &out, &error),
                error);
  return TextOrNull(info.Env(), out);
}

Napi::Value Table::ProtocolJson(const Napi::CallbackInfo& info) {
  char* out = nullptr;
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(), deltaic_table_protocol_json(handle(info.Env()).get(), &out, &error),
                error);
  return TextOrNull(info.Env(), out);
}

Napi::Value Table::Free(const Napi::CallbackInfo& info) {
  table_.reset();
  return info.Env().Undefined();
}

Napi::Value Table::Exists(const Napi::CallbackInfo& info) {
  const CancellationHandle cancellation = CancellationOf(info[1]);
  auto out = std::make_shared<int>(0);
  return RunAsync(
      info.Env(), cancellation,
      [table = handle(info.Env()), options = Share(MakeOptions(info[0], cancellation)),
       out](deltaic_error** error) {
        return deltaic_table_exists(table.get(), options.get(), out.get(), error);
      },
      [out](Napi::Env env) { return Napi::Boolean::New(env, *out != 0); });
}

/// load(kind, value, options, cancellation): kind is "newest", "version" or "timestamp"
/// (milliseconds).
Napi::Value Table::Load(const Napi::CallbackInfo& info) {
  const std::string kind = TextOf(info[0]);
  const int64_t value = info[1].IsNumber() ? info[1].As<Napi::Number>().Int64Value() : 0;
  const CancellationHandle cancellation = CancellationOf(info[3]);
  return RunAsync(
      info.Env(), cancellation,
      [table = handle(info.Env()), kind, value,
       options = Share(MakeOptions(info[2], cancellation))](deltaic_error** error) {
        if (kind == "version")
          return deltaic_table_load_version(table.get(), value, options.get(), error);
        if (kind == "timestamp")
          return deltaic_table_load_timestamp(table.get(), value, options.get(), error);
        return deltaic_table_load(table.get(), options.get(), error);
      },
      [](Napi::Env env) { return env.Undefined(); });
}

/// text(name, options, cancellation): one of TextCalls().
Napi::Value Table::Text(const Napi::CallbackInfo& info) {
  const JsonCall call = TextCalls().at(TextOf(info[0]));
  const CancellationHandle cancellation = CancellationOf(info[2]);
  return RunForText(
      info.Env(), cancellation,
      [table = handle(info.Env()), call, options = Share(MakeOptions(info[1], cancellation))](
          char** out, deltaic_error** error) {
        return call(table.get(), options.get(), out, error);
      });
}

Napi::Value Table::Count(const Napi::CallbackInfo& info) {
  const CancellationHandle cancellation = CancellationOf(info[1]);
  auto out = std::make_shared<int64_t>(0);
  return RunAsync(
      info.Env(), cancellation,
      [table = handle(info.Env()), options = Share(MakeOptions(info[0], cancellation)),
       out](deltaic_error** error) {
        return deltaic_table_count(table.get(), options.get(), out.get(), error);
      },
      [out](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(*out)); });
}

Napi::Value Table::TransactionVersion(const Napi::CallbackInfo& info) {
  const CancellationHandle cancellation = CancellationOf(info[2]);
  auto out = std::make_shared<int64_t>(0);
  return RunAsync(
      info.Env(), cancellation,
      [table = handle(info.Env()), app_id = TextOf(info[0]),
       options = Share(MakeOptions(info[1], cancellation)), out](deltaic_error** error) {
        return deltaic_table_transaction_version(table.get(), app_id.c_str(), options.get(),
                                                 out.get(), error);
      },
      [out](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(*out)); });
}

/// open(kind, options, cancellation): rows of "scan", "changes" or "files" as a RowStream.
Napi::Value Table::Open(const Napi::CallbackInfo& info) {
  const std::string kind = TextOf(info[0]);
  auto stream = NewStream();
  stream->cancellation = CancellationOf(info[2]);
  return RunAsync(
      info.Env(), stream->cancellation,
      [table = handle(info.Env()), kind,
       options = Share(MakeOptions(info[1], stream->cancellation)),
       stream](deltaic_error** error) -> deltaic_status {
        deltaic_status status = DELTAIC_OK;
        if (kind == "files") {
          status = deltaic_table_files(table.get(), options.get(), &stream->stream, error);
        } else {
          deltaic_scan* scan = nullptr;
          status = kind == "changes"
                       ? deltaic_changes_open(table.get(), options.get(), &scan, error)
                       : deltaic_scan_open(table.get(), options.get(), &scan, error);
          stream->scan = ShareScan(scan);
          if (status == DELTAIC_OK) status = deltaic_scan_stream(scan, &stream->stream, error);
        }
        return status == DELTAIC_OK ? stream->ReadSchema(error) : status;
      },
      [stream](Napi::Env env) { return RowStream::Wrap(env, stream); });
}

/// write(source, options, cancellation)
Napi::Value Table::Write(const Napi::CallbackInfo& info) {
  const CancellationHandle cancellation = CancellationOf(info[2]);
  return RunForText(
      info.Env(), cancellation,
      [table = handle(info.Env()), queue = RowSource::Unwrap(info[0].As<Napi::Object>())->queue(),
       options = Share(MakeOptions(info[1], cancellation))](char** out, deltaic_error** error) {
        ArrowArrayStream stream{};
        BatchQueue::Export(queue, &stream);
        return deltaic_table_write(table.get(), &stream, options.get(), out, error);
      });
}

/// writeFile(path, options, cancellation): the rows of an Arrow IPC file.
Napi::Value Table::WriteFile(const Napi::CallbackInfo& info) {
  const CancellationHandle cancellation = CancellationOf(info[2]);
  OptionsHandle read = MakeOptions(info.Env().Undefined(), cancellation);
  deltaic_options_set(read.get(), "format", "arrow");
  return RunForText(
      info.Env(), cancellation,
      [table = handle(info.Env()), path = TextOf(info[0]), read = Share(std::move(read)),
       options = Share(MakeOptions(info[1], cancellation))](char** out, deltaic_error** error) {
        ArrowArrayStream stream{};
        const deltaic_status status = deltaic_file_read(path.c_str(), read.get(), &stream, error);
        if (status != DELTAIC_OK) return status;
        return deltaic_table_write(table.get(), &stream, options.get(), out, error);
      });
}

/// merge(source, clauses, options, cancellation): a clause is options.
Napi::Value Table::Merge(const Napi::CallbackInfo& info) {
  const std::shared_ptr<deltaic_merge> merge(deltaic_merge_new(), deltaic_merge_free);
  const auto clauses = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < clauses.Length(); ++i) {
    deltaic_error* error = nullptr;
    const OptionsHandle clause = MakeOptions(clauses.Get(i), nullptr);
    ThrowIfFailed(info.Env(), deltaic_merge_add_clause(merge.get(), clause.get(), &error), error);
  }
  const CancellationHandle cancellation = CancellationOf(info[3]);
  return RunForText(
      info.Env(), cancellation,
      [table = handle(info.Env()), queue = RowSource::Unwrap(info[0].As<Napi::Object>())->queue(),
       merge,
       options = Share(MakeOptions(info[2], cancellation))](char** out, deltaic_error** error) {
        ArrowArrayStream stream{};
        BatchQueue::Export(queue, &stream);
        return deltaic_table_merge(table.get(), &stream, merge.get(), options.get(), out, error);
      });
}

/// planSync(options, cancellation): a promise of a SyncPlan.
Napi::Value Table::PlanSync(const Napi::CallbackInfo& info) {
  const CancellationHandle cancellation = CancellationOf(info[1]);
  auto out = std::make_shared<SyncHandle>();
  return RunAsync(
      info.Env(), cancellation,
      [table = handle(info.Env()), options = Share(MakeOptions(info[0], cancellation)),
       out](deltaic_error** error) {
        deltaic_sync* sync = nullptr;
        const deltaic_status status = deltaic_sync_plan(table.get(), options.get(), &sync, error);
        *out = SyncHandle(sync, deltaic_sync_free);
        return status;
      },
      [out](Napi::Env env) { return SyncPlan::Wrap(env, *out); });
}

}  // namespace deltaic_node
