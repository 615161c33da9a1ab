#include "table.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <utility>
#include <vector>

#include "arrow_schema.h"
#include "arrow_stream.h"
#include "bindings.h"
#include "errors.h"
#include "interruptible.h"
#include "scan.h"

namespace deltaic_python {
namespace {

Table At(const std::string& uri, const Options* storage) {
  deltaic_table* table = nullptr;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_table_at(CText(uri), Get(storage), &table, error);
  });
  return Table{TableHandle(table)};
}

Table Open(const std::string& uri, const Options* storage, Options* options) {
  deltaic_table* table = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_open(CText(uri), Get(storage), given, &table, error);
  });
  return Table{TableHandle(table)};
}

Table Copy(const Table& self) {
  deltaic_table* table = nullptr;
  CallWithoutGil(
      [&](deltaic_error** error) { return deltaic_table_copy(self.get(), &table, error); });
  return Table{TableHandle(table)};
}

void SetCatalog(Table& self, const Options& options) {
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_table_set_catalog(self.get(), options.handle.get(), error);
  });
}

bool Exists(const Table& self, Options* options) {
  int exists = 0;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_exists(self.get(), given, &exists, error);
  });
  return exists != 0;
}

void Load(Table& self, Options* options) {
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_load(self.get(), given, error);
  });
}

void LoadVersion(Table& self, int64_t version, Options* options) {
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_load_version(self.get(), version, given, error);
  });
}

void LoadTimestamp(Table& self, int64_t timestamp_ms, Options* options) {
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_load_timestamp(self.get(), timestamp_ms, given, error);
  });
}

nb::object SchemaOf(const Table& self) {
  OwnedSchema schema;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_table_schema(self.get(), &schema.schema, error);
  });
  return SchemaToCapsule(std::move(schema));
}

/// A function that gives JSON of the loaded version.
template <deltaic_status (*kFunction)(const deltaic_table*, char**, deltaic_error**)>
nb::object JsonOf(const Table& self) {
  return TextWithoutGil(
      [&](char** out, deltaic_error** error) { return kFunction(self.get(), out, error); });
}

/// The same, of what may have to be read first.
template <deltaic_status (*kFunction)(const deltaic_table*, const deltaic_options*, char**,
                                      deltaic_error**)>
nb::object ReadJsonOf(const Table& self, Options* options) {
  char* json = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return kFunction(self.get(), given, &json, error);
  });
  const TextHandle owned(json);
  return nb::str(json);
}

int64_t TransactionVersion(const Table& self, const std::string& app_id, Options* options) {
  int64_t version = -1;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_transaction_version(self.get(), CText(app_id), given, &version, error);
  });
  return version;
}

nb::object Files(const Table& self, Options* options) {
  OwnedStream rows;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_files(self.get(), given, &rows.stream, error);
  });
  return StreamToCapsule(std::move(rows));
}

void Checkpoint(Table& self, Options* options) {
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_checkpoint(self.get(), given, error);
  });
}

/// A function that opens a scan.
template <deltaic_status (*kOpen)(const deltaic_table*, const deltaic_options*, deltaic_scan**,
                                  deltaic_error**)>
Scan ScanOf(const Table& self, Options& options) {
  CancellationHandle cancellation = EnsureCancellation(options);
  deltaic_scan* opened = nullptr;
  CallWithoutGil([&](deltaic_error** error) {
    return kOpen(self.get(), options.handle.get(), &opened, error);
  });
  return Scan(ScanHandle(opened), std::move(cancellation));
}

nb::list ScanTasks(const Table& self, Options* options) {
  deltaic_task_list* made = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_scan_tasks(self.get(), given, &made, error);
  });
  const TaskListHandle tasks(made);
  nb::list out;
  for (size_t i = 0; i < deltaic_task_list_length(tasks.get()); ++i) {
    size_t length = 0;
    const void* bytes = deltaic_task_list_bytes(tasks.get(), i, &length);
    out.append(nb::bytes(bytes, length));
  }
  return out;
}

int64_t Count(const Table& self, Options* options) {
  int64_t rows = 0;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_count(self.get(), given, &rows, error);
  });
  return rows;
}

void Create(Table& self, nb::object schema, Options* options) {
  OwnedSchema moved;
  if (!schema.is_none()) CopySchema(*SchemaOfCapsule(schema), &moved.schema);
  struct ArrowSchema* columns = schema.is_none() ? nullptr : &moved.schema;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_create(self.get(), columns, given, error);
  });
}

nb::object Write(Table& self, nb::object stream, Options* options) {
  OwnedStream rows = StreamFromCapsule(stream);
  char* metrics = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_write(self.get(), &rows.stream, given, &metrics, error);
  });
  const TextHandle owned(metrics);
  return nb::str(metrics);
}

nb::tuple WriteFiles(Table& self, nb::object stream, Options* options) {
  OwnedStream rows = StreamFromCapsule(stream);
  char* files = nullptr;
  char* metrics = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_write_files(self.get(), &rows.stream, given, &files, &metrics, error);
  });
  const TextHandle owned_files(files), owned_metrics(metrics);
  return nb::make_tuple(nb::str(files), nb::str(metrics));
}

nb::object CommitFiles(Table& self, const std::string& files, Options* options) {
  char* metrics = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_commit_files(self.get(), CText(files), given, &metrics, error);
  });
  const TextHandle owned(metrics);
  return nb::str(metrics);
}

nb::object DiscardFiles(const Table& self, const std::string& files, Options* options) {
  char* metrics = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_discard_files(self.get(), CText(files), given, &metrics, error);
  });
  const TextHandle owned(metrics);
  return nb::str(metrics);
}

/// A function that changes rows of the table: gives its metrics.
template <deltaic_status (*kChange)(deltaic_table*, const deltaic_options*, char**,
                                    deltaic_error**)>
nb::object ChangeRows(Table& self, Options* options) {
  char* metrics = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return kChange(self.get(), given, &metrics, error);
  });
  const TextHandle owned(metrics);
  return nb::str(metrics);
}

nb::object Merge(Table& self, nb::object source, const std::vector<const Options*>& clauses,
                 Options* options) {
  const MergeHandle merge(deltaic_merge_new());
  for (const Options* clause : clauses) {
    CallWithoutGil([&](deltaic_error** error) {
      return deltaic_merge_add_clause(merge.get(), Get(clause), error);
    });
  }
  OwnedStream rows = StreamFromCapsule(source);
  char* metrics = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_merge(self.get(), &rows.stream, merge.get(), given, &metrics, error);
  });
  const TextHandle owned(metrics);
  return nb::str(metrics);
}

nb::object Clone(const Table& self, Table& target, Options* options) {
  char* metrics = nullptr;
  CallInterruptible(options, [&](const deltaic_options* given, deltaic_error** error) {
    return deltaic_table_clone(self.get(), target.get(), given, &metrics, error);
  });
  const TextHandle owned(metrics);
  return nb::str(metrics);
}

}  // namespace

void BindTable(nb::module_& module) {
  // The last argument of each call.
  const auto options = [] { return nb::arg("options").none() = nb::none(); };
  nb::class_<Table>(module, "Table")
      .def_static("at", &At, nb::arg("uri"), nb::arg("storage").none() = nb::none())
      .def_static("open", &Open, nb::arg("uri"), nb::arg("storage").none() = nb::none(), options())
      .def("copy", &Copy)
      .def("exists", &Exists, options())
      .def("set_catalog", &SetCatalog, nb::arg("options"))
      .def("load", &Load, options())
      .def("load_version", &LoadVersion, nb::arg("version"), options())
      .def("load_timestamp", &LoadTimestamp, nb::arg("timestamp_ms"), options())
      .def("version", [](const Table& self) { return deltaic_table_version(self.get()); })
      .def("uri", [](const Table& self) { return nb::str(deltaic_table_uri(self.get())); })
      .def("schema", &SchemaOf)
      .def("schema_json", &JsonOf<deltaic_table_schema_json>)
      .def("metadata_json", &JsonOf<deltaic_table_metadata_json>)
      .def("protocol_json", &JsonOf<deltaic_table_protocol_json>)
      .def("domains_json", &ReadJsonOf<deltaic_table_domains_json>, options())
      .def("details_json", &ReadJsonOf<deltaic_table_details_json>, options())
      .def("history_json", &ReadJsonOf<deltaic_table_history_json>, options())
      .def("transaction_version", &TransactionVersion, nb::arg("app_id"), options())
      .def("files", &Files, options())
      .def("checkpoint", &Checkpoint, options())
      .def("scan", &ScanOf<deltaic_scan_open>, nb::arg("options"))
      .def("explain_scan", &ReadJsonOf<deltaic_scan_explain_json>, options())
      .def("scan_tasks", &ScanTasks, options())
      .def("changes", &ScanOf<deltaic_changes_open>, nb::arg("options"))
      .def("count", &Count, options())
      .def("create", &Create, nb::arg("schema").none(), options())
      .def("write", &Write, nb::arg("stream"), options())
      .def("write_files", &WriteFiles, nb::arg("stream"), options())
      .def("commit_files", &CommitFiles, nb::arg("files"), options())
      .def("discard_files", &DiscardFiles, nb::arg("files"), options())
      .def("delete", &ChangeRows<deltaic_table_delete>, options())
      .def("update", &ChangeRows<deltaic_table_update>, options())
      .def("alter", &ChangeRows<deltaic_table_alter>, options())
      .def("repair", &ChangeRows<deltaic_table_repair>, options())
      .def("doctor", &ChangeRows<deltaic_table_doctor>, options())
      .def("cleanup_log", &ChangeRows<deltaic_table_cleanup_log>, options())
      .def("compact_log", &ChangeRows<deltaic_table_compact_log>, options())
      .def("manifest", &ChangeRows<deltaic_table_manifest>, options())
      .def("convert", &ChangeRows<deltaic_table_convert>, options())
      .def("clone", &Clone, nb::arg("target"), options())
      .def("restore", &ChangeRows<deltaic_table_restore>, options())
      .def("vacuum", &ChangeRows<deltaic_table_vacuum>, options())
      .def("optimize", &ChangeRows<deltaic_table_optimize>, options())
      .def("merge", &Merge, nb::arg("source"), nb::arg("clauses"), options());
}

}  // namespace deltaic_python
