#include "ops/patched_chunks.h"

#include <arrow/record_batch.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <utility>

#include "data/write/joined_stats.h"
#include "data/write/parquet_encoder.h"
#include "ops/inline_vector.h"
#include "ops/row_finder.h"
#include "scan/file_source.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"
#include "storage/memory_store.h"

namespace deltaic {
namespace {

/// The name of a file in a store of its own.
const std::string kName = "rows.parquet";

/// Rows of one file that wait for its columns' encoder; as many files as there are threads do so.
constexpr int64_t kBytesAhead = int64_t{8} << 20;

}  // namespace

Result<std::optional<PatchLayout>> PatchLayout::Make(DataFileTarget target, DataFileOptions options,
                                                     const RowPatch& patch) {
  // What is said of columns may name such that are not patched.
  if (!options.columns.empty() || options.bloom_filter_columns) {
    return std::optional<PatchLayout>();
  }
  std::vector<StructField> fields;
  for (const std::string& name : patch.columns()) {
    if (std::ranges::find(target.partition_columns, name) != target.partition_columns.end()) {
      return Status::Internal("rows that stay in their file cannot change partition column ", name);
    }
    fields.push_back(*target.schema->FindField(name));
  }
  target.schema = DataType::Struct(std::move(fields));
  target.partition_columns.clear();
  target.clustering_columns.clear();
  target.extra_columns.clear();
  auto layout = MakeDataFileLayout(target, options);
  // Columns that have no values are not stored at all.
  if (layout.status().code() == StatusCode::kUnsupported) return std::optional<PatchLayout>();
  DELTAIC_RETURN_IF_ERROR(layout.status());
  return std::optional(PatchLayout{*std::move(layout)});
}

Result<std::unique_ptr<PatchedChunks>> PatchedChunks::Start(const Source& source,
                                                            const ParquetInput& input,
                                                            CancellationToken cancel) {
  std::unique_ptr<PatchedChunks> chunks(new PatchedChunks(source));
  if (!chunks->FindLeaves(*input.metadata)) return std::unique_ptr<PatchedChunks>();
  DELTAIC_RETURN_IF_ERROR(chunks->StartScan(*input.metadata, std::move(cancel)));
  return chunks;
}

/// \return false where a column that is patched is stored in other leaves, or other types.
bool PatchedChunks::FindLeaves(const parquet::FileMetaData& metadata) {
  const parquet::SchemaDescriptor& old = *metadata.schema();
  parquet::SchemaDescriptor made;
  made.Init(source_.layout.layout->parquet_schema);
  const auto path = [](const parquet::SchemaDescriptor& schema, int leaf) {
    return schema.Column(leaf)->path()->ToDotVector();
  };
  std::vector<std::string> roots;
  for (int leaf = 0; leaf < made.num_columns(); ++leaf) roots.push_back(path(made, leaf).front());
  for (int leaf = 0; leaf < old.num_columns(); ++leaf) {
    const auto wanted = path(old, leaf);
    if (std::ranges::find(roots, wanted.front()) == roots.end()) continue;
    int other = 0;
    while (other < made.num_columns() && path(made, other) != wanted) ++other;
    if (other == made.num_columns() || !old.Column(leaf)->Equals(*made.Column(other))) return false;
    leaves_.emplace_back(leaf, other);
  }
  return static_cast<int>(leaves_.size()) == made.num_columns();
}

Status PatchedChunks::StartScan(const parquet::FileMetaData& metadata, CancellationToken cancel) {
  DeletionVector wanted;
  int64_t first = 0;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const int64_t end = first + metadata.RowGroup(i)->num_rows();
    const auto deleted = static_cast<int64_t>(source_.deleted.Rows(first, end).size());
    Group group{.kept = end - first - deleted,
                .is_patched = !source_.patched.Rows(first, end).empty()};
    if (group.is_patched) wanted.AddRange(first, end);
    groups_.push_back(group);
    first = end;
  }
  wanted.RemoveAll(source_.deleted);
  ScanFile file = ScanFileOf(source_.add);
  DELTAIC_ASSIGN_OR_RETURN(file.file.only_rows_in, InlineDescriptor(wanted));
  auto spec = ReadSpecOf(source_.snapshot, {MetadataColumn::kRowIndex});
  spec->columns = source_.patch.inputs();
  std::vector<ScanFile> files;
  files.push_back(std::move(file));
  DELTAIC_ASSIGN_OR_RETURN(scan_,
                           RunningScan::Start(
                               source_.snapshot.store(), std::move(spec),
                               [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> {
                                 return TheseFiles(std::move(files));
                               },
                               ScanOptions{.num_threads = 1,
                                           .ordered = true,
                                           .max_memory_bytes = kBytesAhead,
                                           .cancel = std::move(cancel)}));
  return Status();
}

void PatchedChunks::AddStats(const std::string& json) {
  FileStats stats = ParseDescribed(json, *source_.layout.layout);
  stats_.stats = any_ ? JoinStats(std::move(stats_.stats), stats) : std::move(stats);
  any_ = true;
}

Result<std::optional<ReplacedChunks>> PatchedChunks::Next(int row_group) {
  const Group& group = groups_[static_cast<size_t>(row_group)];
  if (!group.is_patched) {
    stats_.everywhere = false;
    return std::optional<ReplacedChunks>();
  }
  const DataFileLayout& layout = *source_.layout.layout;
  const auto store = MakeMemoryStore();
  std::unique_ptr<ParquetEncoder> encoder;
  for (int64_t done = 0; done < group.kept;) {
    DELTAIC_ASSIGN_OR_RETURN(auto rows, scan_->Next());
    if (rows == nullptr) return Status::Corruption(source_.add.path, " has too few rows");
    done += rows->num_rows();
    DELTAIC_ASSIGN_OR_RETURN(rows, source_.patch.Apply(rows, source_.patched));
    arrow::ArrayVector columns;
    for (const std::string& name : source_.patch.columns()) {
      columns.push_back(rows->GetColumnByName(name));
    }
    rows = arrow::RecordBatch::Make(layout.data_schema, rows->num_rows(), std::move(columns));
    if (encoder == nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(encoder,
                               ParquetEncoder::Open(*store, kName, source_.layout.layout, *rows));
      DELTAIC_RETURN_IF_ERROR(encoder->StartRowGroup());
    }
    for (size_t leaf = 0; leaf < layout.leaves.size(); ++leaf) {
      DELTAIC_RETURN_IF_ERROR(encoder->WriteLeaf(leaf, *rows));
    }
    if (done > group.kept) return Status::Internal("a batch crosses row groups");
  }
  DELTAIC_ASSIGN_OR_RETURN(const EncodedFile encoded, encoder->Close());
  AddStats(encoded.stats);
  DELTAIC_ASSIGN_OR_RETURN(ParquetInput from, OpenParquet(*store, kName, encoded.size_bytes));
  return std::optional(ReplacedChunks{.from = std::move(from), .leaves = leaves_});
}

}  // namespace deltaic
