#include "data/checkpoint/checkpoint_reader.h"

#include <arrow/api.h>
#include <parquet/file_reader.h>

#include <initializer_list>
#include <limits>
#include <map>
#include <utility>

#include "data/checkpoint/leaf_array_reader.h"
#include "data/checkpoint/parquet_leaf.h"

namespace deltaic {
namespace {

/// The rows of one row group in which `leaf` has a value.
template <typename PhysicalType>
RowRanges RowsWithValue(parquet::RowGroupReader& group, const ParquetLeaf& leaf, int64_t num_rows,
                        std::optional<int64_t> expected) {
  constexpr int64_t kStepRows = 64 * 1024;
  RowRanges rows;
  int64_t found = 0;
  FlatLeafReader<PhysicalType> reader(group.Column(leaf.index), leaf.value_level);
  for (int64_t begin = 0; begin < num_rows && found != expected; begin += kStepRows) {
    reader.Read(begin, std::min(num_rows, begin + kStepRows),
                [&](int64_t first, auto present, int64_t n, const auto*, int64_t num_values) {
                  found += num_values;
                  if (num_values == 0) return;
                  for (int64_t i = 0; i < n; ++i) {
                    if (present[i]) AppendRow(rows, first + i);
                  }
                });
  }
  return rows;
}

/// One struct column, such as `metaData`, of one row group: the cells of the rows that have it.
class StructRows {
 public:
  StructRows(const CheckpointFile& file, int row_group, std::string name)
      : file_(file), row_group_(row_group), name_(std::move(name)) {}

  /// Finds the rows where `marker`, a required field, has a value.
  Status Find(const std::string& marker) {
    DELTAIC_ASSIGN_OR_RETURN(const std::optional<ParquetLeaf> leaf,
                             FindLeaf(file_.schema(), {name_, marker}));
    if (!leaf) return Status::Ok();
    const std::optional<int64_t> expected = file_.num_values(row_group_, leaf->index);
    if (expected == 0) return Status::Ok();
    DELTAIC_ASSIGN_OR_RETURN(group_, file_.ReadRowGroup(row_group_, name_));
    const int64_t num_rows = file_.num_rows(row_group_);
    switch (leaf->type) {
      case parquet::Type::BYTE_ARRAY:
        rows_ = RowsWithValue<parquet::ByteArrayType>(*group_, *leaf, num_rows, expected);
        break;
      case parquet::Type::INT32:
        rows_ = RowsWithValue<parquet::Int32Type>(*group_, *leaf, num_rows, expected);
        break;
      case parquet::Type::INT64:
        rows_ = RowsWithValue<parquet::Int64Type>(*group_, *leaf, num_rows, expected);
        break;
      default:
        return Status::Corruption("column ", name_, ".", marker, " has an unexpected type");
    }
    return Status::Ok();
  }
  int64_t num_rows() const { return CountRows(rows_); }

  Result<std::vector<std::optional<std::string>>> Texts(std::vector<std::string> path) {
    DELTAIC_ASSIGN_OR_RETURN(const auto leaf, FindLeaf(file_.schema(), Absolute(std::move(path))));
    DELTAIC_ASSIGN_OR_RETURN(const auto reader, MakeTextReader({group_.get()}, leaf));
    DELTAIC_ASSIGN_OR_RETURN(const auto array, reader->Read(rows_));
    const auto& cells = static_cast<const arrow::StringArray&>(*array);
    std::vector<std::optional<std::string>> out(cells.length());
    for (int64_t i = 0; i < cells.length(); ++i) {
      if (cells.IsValid(i)) out[i] = cells.GetString(i);
    }
    return out;
  }

  Result<std::vector<std::optional<int64_t>>> Ints(std::vector<std::string> path) {
    DELTAIC_ASSIGN_OR_RETURN(const auto leaf, FindLeaf(file_.schema(), Absolute(std::move(path))));
    DELTAIC_ASSIGN_OR_RETURN(const auto reader, MakeInt64Reader({group_.get()}, leaf));
    DELTAIC_ASSIGN_OR_RETURN(const auto array, reader->Read(rows_));
    const auto& cells = static_cast<const arrow::Int64Array&>(*array);
    std::vector<std::optional<int64_t>> out(cells.length());
    for (int64_t i = 0; i < cells.length(); ++i) {
      if (cells.IsValid(i)) out[i] = cells.Value(i);
    }
    return out;
  }

  Result<std::vector<std::optional<bool>>> Bools(std::vector<std::string> path) {
    DELTAIC_ASSIGN_OR_RETURN(const auto leaf, FindLeaf(file_.schema(), Absolute(std::move(path))));
    DELTAIC_ASSIGN_OR_RETURN(const auto reader, MakeBoolReader({group_.get()}, leaf));
    DELTAIC_ASSIGN_OR_RETURN(const auto array, reader->Read(rows_));
    const auto& cells = static_cast<const arrow::BooleanArray&>(*array);
    std::vector<std::optional<bool>> out(cells.length());
    for (int64_t i = 0; i < cells.length(); ++i) {
      if (cells.IsValid(i)) out[i] = cells.Value(i);
    }
    return out;
  }

  Result<std::vector<std::optional<StringMap>>> Maps(std::vector<std::string> path) {
    DELTAIC_ASSIGN_OR_RETURN(const auto map, FindMap(file_.schema(), Absolute(std::move(path))));
    DELTAIC_ASSIGN_OR_RETURN(const auto array,
                             MakeMapReader({group_.get()}, map, Gaps::kNullRows)->Read(rows_));
    const auto& cells = static_cast<const arrow::MapArray&>(*array);
    const auto& keys = static_cast<const arrow::StringArray&>(*cells.keys());
    const auto& items = static_cast<const arrow::StringArray&>(*cells.items());
    std::vector<std::optional<StringMap>> out(cells.length());
    for (int64_t i = 0; i < cells.length(); ++i) {
      if (cells.IsNull(i)) continue;
      out[i].emplace();
      for (int64_t k = cells.value_offset(i); k < cells.value_offset(i + 1); ++k) {
        if (items.IsValid(k)) out[i]->insert_or_assign(keys.GetString(k), items.GetString(k));
      }
    }
    return out;
  }

  Result<std::vector<std::optional<std::vector<std::string>>>> Lists(
      std::vector<std::string> path) {
    DELTAIC_ASSIGN_OR_RETURN(const auto list, FindList(file_.schema(), Absolute(std::move(path))));
    DELTAIC_ASSIGN_OR_RETURN(const auto array,
                             MakeListReader({group_.get()}, list, Gaps::kNullRows)->Read(rows_));
    const auto& cells = static_cast<const arrow::ListArray&>(*array);
    const auto& items = static_cast<const arrow::StringArray&>(*cells.values());
    std::vector<std::optional<std::vector<std::string>>> out(cells.length());
    for (int64_t i = 0; i < cells.length(); ++i) {
      if (cells.IsNull(i)) continue;
      out[i].emplace();
      for (int64_t k = cells.value_offset(i); k < cells.value_offset(i + 1); ++k)
        out[i]->push_back(items.GetString(k));
    }
    return out;
  }

 private:
  std::vector<std::string> Absolute(std::vector<std::string> path) const {
    path.insert(path.begin(), name_);
    return path;
  }

  const CheckpointFile& file_;
  int row_group_;
  std::string name_;
  RowRanges rows_;
  std::shared_ptr<parquet::RowGroupReader> group_;
};

Status MissingField(const char* field) { return Status::Corruption("row without ", field); }

bool FitsInt32(int64_t value) {
  return value >= std::numeric_limits<int32_t>::min() &&
         value <= std::numeric_limits<int32_t>::max();
}

Status ReadProtocol(StructRows& rows, CheckpointState& out) {
  DELTAIC_RETURN_IF_ERROR(rows.Find("minReaderVersion"));
  if (rows.num_rows() == 0) return Status::Ok();
  DELTAIC_ASSIGN_OR_RETURN(const auto readers, rows.Ints({"minReaderVersion"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto writers, rows.Ints({"minWriterVersion"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto reader_features, rows.Lists({"readerFeatures"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto writer_features, rows.Lists({"writerFeatures"}));
  if (!writers.back()) return MissingField("protocol.minWriterVersion");
  if (!FitsInt32(*readers.back()) || !FitsInt32(*writers.back())) {
    return Status::Corruption("protocol version out of range");
  }
  out.protocol =
      Protocol{static_cast<int32_t>(*readers.back()), static_cast<int32_t>(*writers.back()),
               reader_features.back(), writer_features.back()};
  // Lists are empty rather than null where the writer has one schema for all tables.
  if (out.protocol->min_reader_version < 3) out.protocol->reader_features.reset();
  if (out.protocol->min_writer_version < 7) out.protocol->writer_features.reset();
  return Status::Ok();
}

Status ReadMetadata(StructRows& rows, CheckpointState& out) {
  DELTAIC_RETURN_IF_ERROR(rows.Find("id"));
  if (rows.num_rows() == 0) return Status::Ok();
  DELTAIC_ASSIGN_OR_RETURN(const auto ids, rows.Texts({"id"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto names, rows.Texts({"name"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto descriptions, rows.Texts({"description"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto providers, rows.Texts({"format", "provider"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto options, rows.Maps({"format", "options"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto schemas, rows.Texts({"schemaString"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto partitions, rows.Lists({"partitionColumns"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto created, rows.Ints({"createdTime"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto configurations, rows.Maps({"configuration"}));
  Metadata metadata;
  metadata.id = *ids.back();
  metadata.name = names.back();
  metadata.description = descriptions.back();
  metadata.format_provider = providers.back().value_or("parquet");
  metadata.format_options = options.back().value_or(StringMap());
  metadata.schema_string = schemas.back().value_or("");
  metadata.partition_columns = partitions.back().value_or(std::vector<std::string>());
  metadata.created_time_ms = created.back();
  metadata.configuration = configurations.back().value_or(StringMap());
  out.metadata = std::move(metadata);
  return Status::Ok();
}

Status ReadTxns(StructRows& rows, CheckpointState& out) {
  DELTAIC_RETURN_IF_ERROR(rows.Find("appId"));
  if (rows.num_rows() == 0) return Status::Ok();
  DELTAIC_ASSIGN_OR_RETURN(const auto ids, rows.Texts({"appId"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto versions, rows.Ints({"version"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto updated, rows.Ints({"lastUpdated"}));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!versions[i]) return MissingField("txn.version");
    out.txns.push_back({*ids[i], *versions[i], updated[i]});
  }
  return Status::Ok();
}

Status ReadDomains(StructRows& rows, CheckpointState& out) {
  DELTAIC_RETURN_IF_ERROR(rows.Find("domain"));
  if (rows.num_rows() == 0) return Status::Ok();
  DELTAIC_ASSIGN_OR_RETURN(const auto names, rows.Texts({"domain"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto configurations, rows.Texts({"configuration"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto removed, rows.Bools({"removed"}));
  for (size_t i = 0; i < names.size(); ++i) {
    out.domains.push_back({*names[i], configurations[i].value_or(""), removed[i].value_or(false)});
  }
  return Status::Ok();
}

Status ReadSidecars(StructRows& rows, CheckpointState& out) {
  DELTAIC_RETURN_IF_ERROR(rows.Find("path"));
  if (rows.num_rows() == 0) return Status::Ok();
  DELTAIC_ASSIGN_OR_RETURN(const auto paths, rows.Texts({"path"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto sizes, rows.Ints({"sizeInBytes"}));
  DELTAIC_ASSIGN_OR_RETURN(const auto times, rows.Ints({"modificationTime"}));
  for (size_t i = 0; i < paths.size(); ++i) {
    out.sidecars.push_back({*paths[i], sizes[i].value_or(0), times[i].value_or(0), std::nullopt});
  }
  return Status::Ok();
}

}  // namespace

Status ReadCheckpointState(const CheckpointFile& file, const StateColumns& wanted,
                           CheckpointState& out) {
  struct Part {
    bool wanted;
    const char* column;
    Status (*read)(StructRows&, CheckpointState&);
  };
  const Part parts[] = {{wanted.protocol, "protocol", ReadProtocol},
                        {wanted.metadata, "metaData", ReadMetadata},
                        {wanted.txns, "txn", ReadTxns},
                        {wanted.domains, "domainMetadata", ReadDomains},
                        {wanted.sidecars, "sidecar", ReadSidecars}};
  return CatchParquet(file.name(), [&]() -> Status {
    for (int group = 0; group < file.num_row_groups(); ++group) {
      for (const Part& part : parts) {
        if (!part.wanted) continue;
        StructRows rows(file, group, part.column);
        DELTAIC_RETURN_IF_ERROR(
            part.read(rows, out).WithContext(Concat("checkpoint file ", file.name())));
      }
    }
    return Status::Ok();
  });
}

}  // namespace deltaic
