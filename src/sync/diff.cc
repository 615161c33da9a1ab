#include "sync/diff.h"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

#include "expr/bind.h"
#include "log/change_schema.h"
#include "scan/change_files.h"
#include "scan/change_source.h"
#include "scan/changes.h"
#include "scan/column_names.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"
#include "sync/net_rows.h"

namespace deltaic {
namespace {

constexpr int64_t kDefaultMemoryBytes = int64_t{256} << 20;
/// Rows in memory against bytes of Parquet.
constexpr int64_t kExpansion = 6;

int64_t MemoryOf(const DiffOptions& options) {
  return options.scan.max_memory_bytes > 0 ? options.scan.max_memory_bytes : kDefaultMemoryBytes;
}

std::string Between(Version from, Version to) {
  return Concat("between versions ", from.value, " and ", to.value);
}

/// The net changes of a stream of changes.
class DiffScan : public Scan {
 public:
  DiffScan(std::unique_ptr<Scan> changes, std::unique_ptr<NetRows> net, int64_t batch_rows,
           CancellationToken cancel)
      : changes_(std::move(changes)),
        net_(std::move(net)),
        batch_rows_(batch_rows),
        cancel_(std::move(cancel)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return net_->schema(); }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    DELTAIC_RETURN_IF_ERROR(error_);
    auto rows = NextRows();
    if (!rows.ok()) error_ = rows.status();
    if (rows.ok() && *rows != nullptr) rows_returned_ += (*rows)->num_rows();
    return rows;
  }

  ScanMetrics metrics() const override {
    ScanMetrics metrics = changes_ == nullptr ? last_metrics_ : changes_->metrics();
    metrics.rows_returned = rows_returned_;
    return metrics;
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> NextRows() {
    while (changes_ != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(const auto rows, changes_->Next());
      if (rows == nullptr) {
        last_metrics_ = changes_->metrics();
        changes_ = nullptr;
        break;
      }
      DELTAIC_RETURN_IF_ERROR(net_->Add(*rows));
    }
    return net_->Next(batch_rows_, cancel_);
  }

  std::unique_ptr<Scan> changes_;  ///< nullptr once all are in net_
  std::unique_ptr<NetRows> net_;
  const int64_t batch_rows_;
  const CancellationToken cancel_;
  ScanMetrics last_metrics_;
  int64_t rows_returned_ = 0;
  Status error_;
};

class DiffPlanner {
 public:
  DiffPlanner(const Table& table, SnapshotPtr newest, const DiffOptions& options)
      : table_(table), newest_(std::move(newest)), options_(options) {}

  Result<DiffPlan> Plan(bool check_files) {
    DELTAIC_RETURN_IF_ERROR(LoadTo());
    DELTAIC_RETURN_IF_ERROR(ResolveNames());
    if (options_.source != DiffSource::kFeed) {
      files_status_ = PlanFiles(check_files);
      if (!files_status_.ok() && options_.source == DiffSource::kFiles) return files_status_;
    }
    const bool try_feed =
        options_.source == DiffSource::kFeed ||
        (options_.source == DiffSource::kAuto && plan_.to->properties().enable_change_data_feed);
    if (try_feed) {
      const Status feed = TryFeed(check_files);
      if (!feed.ok() && options_.source == DiffSource::kFeed) return feed;
      if (plan_.source == DiffSource::kFeed) return std::move(plan_);
    }
    DELTAIC_RETURN_IF_ERROR(files_status_);
    return std::move(plan_);
  }

 private:
  Status LoadTo() {
    if (!options_.from) return Status::InvalidArgument("a diff needs from_version");
    const Version to = options_.to.value_or(newest_->version());
    if (to > newest_->version()) {
      return Status::NotFound("version ", to.value, " of ", table_.uri(),
                              " does not exist: the newest is ", newest_->version().value);
    }
    if (options_.from->value < 0 || *options_.from > to) {
      return Status::InvalidArgument("a diff goes forward: from version ", options_.from->value,
                                     " to ", to.value, " is none");
    }
    plan_.from_version = *options_.from;
    if (to == newest_->version()) {
      plan_.to = newest_;
      return Status();
    }
    DELTAIC_ASSIGN_OR_RETURN(plan_.to, table_.Load(to));
    return Status();
  }

  Status ResolveNames() {
    const Schema& schema = *plan_.to->schema();
    DELTAIC_ASSIGN_OR_RETURN(plan_.columns, ResolveColumnNames(schema, options_.scan.columns));
    if (options_.key.empty())
      return Status::InvalidArgument("a diff needs a key of a column or more");
    DELTAIC_ASSIGN_OR_RETURN(plan_.key, ResolveColumnNames(schema, options_.key));
    for (const std::string& name : plan_.key) {
      const DataType& type = *schema.FindField(name)->type;
      if (!type.is_primitive() || type.id() == TypeId::kVariant || type.id() == TypeId::kVoid) {
        return Status::InvalidArgument("the column ", name, " cannot be a key: it is of type ",
                                       type.ToString());
      }
      if (std::ranges::find(plan_.columns, name) == plan_.columns.end()) {
        return Status::InvalidArgument("the key column ", name,
                                       " is not among the columns asked for");
      }
    }
    if (options_.scan.predicate == nullptr) return Status();
    return BindPredicate(options_.scan.predicate, schema, options_.scan.session).status();
  }

  Status PlanFiles(bool check_files) {
    if (plan_.from_version == plan_.to->version()) {
      plan_.from = plan_.to;
      return Status();
    }
    DELTAIC_ASSIGN_OR_RETURN(plan_.from, table_.Load(plan_.from_version));
    const auto problem = FindUnreadableChange(FileSchemaOf(*plan_.from), FileSchemaOf(*plan_.to));
    if (problem) {
      return Status::SchemaMismatch("rows of version ", plan_.from_version.value, " of ",
                                    table_.uri(), " cannot be compared with those of version ",
                                    plan_.to->version().value, ": ", *problem);
    }
    DELTAIC_ASSIGN_OR_RETURN(plan_.files,
                             CompareFiles(plan_.from, plan_.to, options_.scan.predicate,
                                          options_.scan.session, options_.scan.cancel));
    plan_.size_bytes = plan_.files.size_bytes;
    if (!check_files) return Status();
    return CheckFilesExist(*table_.store(), plan_.files.removed, options_.scan.cancel);
  }

  static FileSchema FileSchemaOf(const Snapshot& snapshot) {
    return {snapshot.schema(), snapshot.column_mapping() != ColumnMappingMode::kNone};
  }

  /// Takes the feed where it is the only way, or has fewer bytes.
  Status TryFeed(bool check_files) {
    int64_t bytes = 0;
    if (plan_.from_version != plan_.to->version()) {
      const Version first = plan_.from_version.Next();
      DELTAIC_ASSIGN_OR_RETURN(bytes, SizeOfChanges(table_, plan_.to, first, options_.scan.cancel));
      const bool is_only = options_.source == DiffSource::kFeed || !files_status_.ok();
      if (!is_only && bytes >= plan_.size_bytes) return Status();
      if (check_files) {
        DELTAIC_RETURN_IF_ERROR(CheckChangeFiles(table_, plan_.to, first, options_.scan.cancel));
      }
    }
    plan_.source = DiffSource::kFeed;
    plan_.size_bytes = bytes;
    plan_.files = {};
    if (plan_.from == nullptr && plan_.from_version == plan_.to->version()) plan_.from = plan_.to;
    return Status();
  }

  const Table& table_;
  const SnapshotPtr newest_;
  const DiffOptions& options_;
  Status files_status_;
  DiffPlan plan_;
};

/// Opens the changes that a plan names.
class DiffOpener {
 public:
  DiffOpener(const Table& table, const DiffPlan& plan, const DiffOptions& options)
      : table_(table), plan_(plan), scan_(options.scan) {
    scan_.metadata_columns.clear();
    scan_.limit.reset();
    scan_.ordered = false;
    scan_.dictionary_strings = false;
    scan_.dictionary_columns.clear();
    scan_.string_views = false;
    scan_.plan_only = false;
    scan_.columns = plan.columns;
    scan_.columns->emplace_back(kChangeTypeColumn);
    // What is read ahead, and what waits to be joined.
    scan_.max_memory_bytes = std::max<int64_t>(MemoryOf(options) / 8, 1);
  }

  Result<std::unique_ptr<Scan>> OpenFiles() {
    ScannedTable changes{.uri = table_.uri(), .column_mapping = plan_.to->column_mapping()};
    DELTAIC_ASSIGN_OR_RETURN(changes.schema, ChangeSchema(*plan_.to->schema()));
    DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeReadSpec(changes, scan_));
    std::vector<ScanFile> files;
    DELTAIC_RETURN_IF_ERROR(AddFiles(plan_.files.removed, *plan_.from, *spec, "delete", files));
    DELTAIC_RETURN_IF_ERROR(AddFiles(plan_.files.added, *plan_.to, *spec, "insert", files));
    spec->partition_columns = {std::string(kChangeTypeColumn)};
    return RunningScan::Start(
        table_.store(), spec,
        [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> {
          return TheseFiles(std::move(files));
        },
        scan_);
  }

  Result<std::unique_ptr<Scan>> OpenFeed() {
    ChangesOptions changes;
    changes.from_version = plan_.from_version.Next();
    changes.to_version = plan_.to->version();
    changes.scan = scan_;
    changes.scan.columns->emplace_back(kCommitVersionColumn);
    return OpenChanges(table_, plan_.to, std::move(changes));
  }

 private:
  /// \param of  the version that has them, whose partition columns may be others.
  Status AddFiles(const std::vector<ScanFile>& files, const Snapshot& of, const DataReadSpec& spec,
                  std::string_view type, std::vector<ScanFile>& out) const {
    auto own = std::make_shared<DataReadSpec>(spec);
    own->batch_rows = scan_.batch_rows;
    own->partition_columns = {std::string(kChangeTypeColumn)};
    for (const std::string& name : of.metadata().partition_columns) {
      // By its own name, or by what files call it: it may have been renamed since.
      const StructField* field = of.schema()->FindField(name);
      for (const StructField& now : plan_.to->schema()->fields()) {
        const bool mapped = plan_.to->column_mapping() != ColumnMappingMode::kNone;
        if (field == nullptr ||
            (mapped ? now.physical_name() != field->physical_name() : now.name != field->name)) {
          continue;
        }
        own->partition_columns.push_back(now.name);
      }
    }
    DELTAIC_ASSIGN_OR_RETURN(const auto plan, ReadPlan::Make(std::move(own)));
    for (ScanFile file : files) {
      file.plan = plan;
      file.file.partition_values.emplace_back(kChangeTypeColumn, std::string(type));
      out.push_back(std::move(file));
    }
    return Status();
  }

  const Table& table_;
  const DiffPlan& plan_;
  ScanOptions scan_;
};

}  // namespace

std::string_view DiffSourceName(DiffSource source) {
  return source == DiffSource::kFeed ? "feed" : "files";
}

Result<DiffPlan> PlanDiff(const Table& table, const SnapshotPtr& newest, const DiffOptions& options,
                          bool check_files) {
  return DiffPlanner(table, newest, options).Plan(check_files);
}

Result<std::unique_ptr<Scan>> OpenDiff(const Table& table, const DiffPlan& plan,
                                       const DiffOptions& options) {
  if (options.scan.batch_rows <= 0) return Status::InvalidArgument("batch_rows must be 1 or more");
  DiffOpener opener(table, plan, options);
  const bool same = plan.from_version == plan.to->version();
  const bool feed = plan.source == DiffSource::kFeed && !same;
  DELTAIC_ASSIGN_OR_RETURN(auto changes, feed ? opener.OpenFeed() : opener.OpenFiles());
  NetRows::Shape shape{.input = changes->schema(),
                       .has_versions = feed,
                       .null_keys = options.null_keys,
                       .repeated_keys = options.repeated_keys && !feed};
  for (const std::string& name : plan.key) shape.key.push_back(shape.input->GetFieldIndex(name));
  shape.where = Between(plan.from_version, plan.to->version());
  auto net = std::make_unique<NetRows>(std::move(shape), MemoryOf(options) / 2,
                                       kExpansion * plan.size_bytes);
  return std::unique_ptr<Scan>(std::make_unique<DiffScan>(
      std::move(changes), std::move(net), options.scan.batch_rows, options.scan.cancel));
}

}  // namespace deltaic
