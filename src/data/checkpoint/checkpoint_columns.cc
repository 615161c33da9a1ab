#include "data/checkpoint/checkpoint_columns.h"

#include <arrow/api.h>
#include <parquet/file_reader.h>

#include "data/actions/file_actions.h"
#include "storage/arrow_status.h"

namespace deltaic {

Result<std::optional<ParquetLeaf>> CheckpointColumns::Leaf(std::vector<std::string> path) const {
  path.insert(path.begin(), name_);
  DELTAIC_ASSIGN_OR_RETURN(std::optional<ParquetLeaf> leaf, FindLeaf(file_->schema(), path));
  if (leaf && !HasValues(*leaf)) leaf.reset();
  return leaf;
}

Result<std::optional<MapColumn>> CheckpointColumns::Map(const std::string& field) const {
  DELTAIC_ASSIGN_OR_RETURN(std::optional<MapColumn> map, FindMap(file_->schema(), {name_, field}));
  if (map && !HasValues(map->key)) map.reset();
  return map;
}

bool CheckpointColumns::HasValues(const ParquetLeaf& leaf) const {
  return file_->num_values(row_group_, leaf.index) != 0;
}

Result<parquet::RowGroupReader*> CheckpointColumns::Group() {
  if (group_ == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(group_, file_->ReadRowGroup(row_group_));
  }
  return group_.get();
}

Result<std::shared_ptr<arrow::Array>> CheckpointColumns::Read(const std::vector<std::string>& path,
                                                              Kind kind, const RowRanges& rows,
                                                              const char* purpose) {
  std::unique_ptr<LeafArrayReader>& reader = readers_[{path, purpose}];
  if (reader == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(reader, Make(path, kind, rows.front().begin));
  }
  return reader->Read(rows);
}

Result<std::shared_ptr<arrow::Array>> CheckpointColumns::ReadDeletionVectors(const RowRanges& rows,
                                                                             const char* purpose) {
  const std::shared_ptr<arrow::DataType> type =
      RemoveBatchSchema()->GetFieldByName("deletionVector")->type();
  DELTAIC_ASSIGN_OR_RETURN(const auto leaf, Leaf({"deletionVector", "storageType"}));
  if (!leaf) {
    DELTAIC_ASSIGN_OR_RETURN(auto nulls, arrow::MakeArrayOfNull(type, CountRows(rows)));
    return nulls;
  }
  const std::pair<const char*, Kind> parts[] = {{"storageType", Kind::kText},
                                                {"pathOrInlineDv", Kind::kText},
                                                {"offset", Kind::kInt32},
                                                {"sizeInBytes", Kind::kInt32},
                                                {"cardinality", Kind::kInt64}};
  arrow::ArrayVector children;
  for (const auto& [field, kind] : parts) {
    DELTAIC_ASSIGN_OR_RETURN(auto child, Read({"deletionVector", field}, kind, rows, purpose));
    children.push_back(std::move(child));
  }
  const std::shared_ptr<arrow::Array> first = children[0];
  return std::shared_ptr<arrow::Array>(std::make_shared<arrow::StructArray>(
      type, first->length(), std::move(children), first->null_bitmap(), first->null_count()));
}

Result<std::unique_ptr<LeafArrayReader>> CheckpointColumns::Make(
    const std::vector<std::string>& path, Kind kind, int64_t first_row) {
  DELTAIC_ASSIGN_OR_RETURN(parquet::RowGroupReader * group, Group());
  const RowGroupPlace source{group, first_row};
  if (kind == Kind::kMap) {
    DELTAIC_ASSIGN_OR_RETURN(const auto map, Map(path[0]));
    return MakeMapReader(source, map, Gaps::kAnything);
  }
  DELTAIC_ASSIGN_OR_RETURN(const auto leaf, Leaf(path));
  switch (kind) {
    case Kind::kText:
      return MakeTextReader(source, leaf);
    case Kind::kInt64:
      return MakeInt64Reader(source, leaf);
    case Kind::kInt32:
      return MakeInt32Reader(source, leaf);
    default:
      return MakeBoolReader(source, leaf);
  }
}

}  // namespace deltaic
