#include "data/checkpoint/checkpoint_rows.h"

#include <arrow/api.h>

#include <string>
#include <utility>

#include "data/actions/file_actions.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

std::shared_ptr<arrow::DataType> TextMap() { return arrow::map(arrow::utf8(), arrow::utf8()); }
std::shared_ptr<arrow::DataType> TextList() {
  return arrow::list(arrow::field("element", arrow::utf8()));
}

std::shared_ptr<arrow::DataType> TxnType() {
  return arrow::struct_({arrow::field("appId", arrow::utf8()),
                         arrow::field("version", arrow::int64()),
                         arrow::field("lastUpdated", arrow::int64())});
}

std::shared_ptr<arrow::DataType> MetadataType() {
  return arrow::struct_({
      arrow::field("id", arrow::utf8()),
      arrow::field("name", arrow::utf8()),
      arrow::field("description", arrow::utf8()),
      arrow::field("format", arrow::struct_({arrow::field("provider", arrow::utf8()),
                                             arrow::field("options", TextMap())})),
      arrow::field("schemaString", arrow::utf8()),
      arrow::field("partitionColumns", TextList()),
      arrow::field("configuration", TextMap()),
      arrow::field("createdTime", arrow::int64()),
  });
}

std::shared_ptr<arrow::DataType> ProtocolType() {
  return arrow::struct_({arrow::field("minReaderVersion", arrow::int32()),
                         arrow::field("minWriterVersion", arrow::int32()),
                         arrow::field("readerFeatures", TextList()),
                         arrow::field("writerFeatures", TextList())});
}

std::shared_ptr<arrow::DataType> DomainMetadataType() {
  return arrow::struct_({arrow::field("domain", arrow::utf8()),
                         arrow::field("configuration", arrow::utf8()),
                         arrow::field("removed", arrow::boolean())});
}

std::shared_ptr<arrow::DataType> CheckpointMetadataType() {
  return arrow::struct_({arrow::field("version", arrow::int64()), arrow::field("tags", TextMap())});
}

std::shared_ptr<arrow::DataType> SidecarType() {
  return arrow::struct_(
      {arrow::field("path", arrow::utf8()), arrow::field("sizeInBytes", arrow::int64()),
       arrow::field("modificationTime", arrow::int64()), arrow::field("tags", TextMap())});
}

/// The struct whose members are the fields of `schema`, all nullable, but for the one named
/// `without`, and `more`.
std::shared_ptr<arrow::DataType> StructOf(const arrow::Schema& schema, std::string_view without,
                                          const arrow::FieldVector& more) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    if (field->name() != without) fields.push_back(arrow::field(field->name(), field->type()));
  }
  fields.insert(fields.end(), more.begin(), more.end());
  return arrow::struct_(std::move(fields));
}

/// Fills one struct array member by member, in order; each row begins with NextRow().
class StructRows {
 public:
  explicit StructRows(std::unique_ptr<arrow::ArrayBuilder> builder)
      : owned_(std::move(builder)), rows_(static_cast<arrow::StructBuilder*>(owned_.get())) {}
  explicit StructRows(arrow::StructBuilder* rows) : rows_(rows) {}

  static Result<StructRows> Of(const std::shared_ptr<arrow::DataType>& type) {
    DELTAIC_ASSIGN_OR_RETURN(auto builder, arrow::MakeBuilder(type));
    return StructRows(std::move(builder));
  }

  arrow::Status NextRow() {
    next_ = 0;
    return rows_->Append();
  }
  template <typename Builder>
  Builder* Member() {
    return static_cast<Builder*>(rows_->field_builder(next_++));
  }

  arrow::Status Text(const std::string& text) {
    return Member<arrow::StringBuilder>()->Append(text);
  }
  arrow::Status Text(const std::optional<std::string>& text) {
    auto* builder = Member<arrow::StringBuilder>();
    return text ? builder->Append(*text) : builder->AppendNull();
  }
  arrow::Status Int(int32_t value) { return Member<arrow::Int32Builder>()->Append(value); }
  arrow::Status Long(std::optional<int64_t> value) {
    auto* builder = Member<arrow::Int64Builder>();
    return value ? builder->Append(*value) : builder->AppendNull();
  }
  arrow::Status Bool(bool value) { return Member<arrow::BooleanBuilder>()->Append(value); }
  arrow::Status Map(const StringMap& map) {
    auto* builder = Member<arrow::MapBuilder>();
    ARROW_RETURN_NOT_OK(builder->Append());
    for (const auto& [key, value] : map) {
      ARROW_RETURN_NOT_OK(static_cast<arrow::StringBuilder*>(builder->key_builder())->Append(key));
      ARROW_RETURN_NOT_OK(
          static_cast<arrow::StringBuilder*>(builder->item_builder())->Append(value));
    }
    return arrow::Status::OK();
  }
  arrow::Status Map(const std::optional<StringMap>& map) {
    return map ? Map(*map) : Member<arrow::MapBuilder>()->AppendNull();
  }
  arrow::Status List(const std::optional<std::vector<std::string>>& values) {
    auto* builder = Member<arrow::ListBuilder>();
    if (!values) return builder->AppendNull();
    ARROW_RETURN_NOT_OK(builder->Append());
    return static_cast<arrow::StringBuilder*>(builder->value_builder())->AppendValues(*values);
  }
  StructRows Nested() { return StructRows(Member<arrow::StructBuilder>()); }

  Result<std::shared_ptr<arrow::Array>> Finish() {
    DELTAIC_ASSIGN_OR_RETURN(auto array, rows_->Finish());
    return array;
  }

 private:
  std::unique_ptr<arrow::ArrayBuilder> owned_;
  arrow::StructBuilder* rows_;
  int next_ = 0;
};

}  // namespace

std::shared_ptr<arrow::Schema> CheckpointSchema(CheckpointForm form, bool stats_as_json,
                                                const arrow::FieldVector& more_of_add) {
  arrow::FieldVector columns = {
      arrow::field("txn", TxnType()),
      arrow::field("add", StructOf(*AddBatchSchema(FileColumns()), stats_as_json ? "" : "stats",
                                   more_of_add)),
      arrow::field("remove", StructOf(*RemoveBatchSchema(), "", {})),
      arrow::field("metaData", MetadataType()),
      arrow::field("protocol", ProtocolType()),
      arrow::field("domainMetadata", DomainMetadataType()),
  };
  if (form == CheckpointForm::kSidecar) return arrow::schema({columns[1], columns[2]});
  if (form == CheckpointForm::kTop) {
    columns.push_back(arrow::field("checkpointMetadata", CheckpointMetadataType()));
    columns.push_back(arrow::field("sidecar", SidecarType()));
  }
  return arrow::schema(std::move(columns));
}

Result<std::shared_ptr<arrow::Array>> ProtocolRow(const Protocol& protocol) {
  DELTAIC_ASSIGN_OR_RETURN(StructRows rows, StructRows::Of(ProtocolType()));
  DELTAIC_RETURN_IF_ERROR(rows.NextRow());
  DELTAIC_RETURN_IF_ERROR(rows.Int(protocol.min_reader_version));
  DELTAIC_RETURN_IF_ERROR(rows.Int(protocol.min_writer_version));
  DELTAIC_RETURN_IF_ERROR(rows.List(protocol.reader_features));
  DELTAIC_RETURN_IF_ERROR(rows.List(protocol.writer_features));
  return rows.Finish();
}

Result<std::shared_ptr<arrow::Array>> MetadataRow(const Metadata& metadata) {
  DELTAIC_ASSIGN_OR_RETURN(StructRows rows, StructRows::Of(MetadataType()));
  DELTAIC_RETURN_IF_ERROR(rows.NextRow());
  DELTAIC_RETURN_IF_ERROR(rows.Text(metadata.id));
  DELTAIC_RETURN_IF_ERROR(rows.Text(metadata.name));
  DELTAIC_RETURN_IF_ERROR(rows.Text(metadata.description));
  StructRows format = rows.Nested();
  DELTAIC_RETURN_IF_ERROR(format.NextRow());
  DELTAIC_RETURN_IF_ERROR(format.Text(metadata.format_provider));
  DELTAIC_RETURN_IF_ERROR(format.Map(metadata.format_options));
  DELTAIC_RETURN_IF_ERROR(rows.Text(metadata.schema_string));
  DELTAIC_RETURN_IF_ERROR(rows.List(metadata.partition_columns));
  DELTAIC_RETURN_IF_ERROR(rows.Map(metadata.configuration));
  DELTAIC_RETURN_IF_ERROR(rows.Long(metadata.created_time_ms));
  return rows.Finish();
}

Result<std::shared_ptr<arrow::Array>> TxnRows(const std::vector<Txn>& txns) {
  DELTAIC_ASSIGN_OR_RETURN(StructRows rows, StructRows::Of(TxnType()));
  for (const Txn& txn : txns) {
    DELTAIC_RETURN_IF_ERROR(rows.NextRow());
    DELTAIC_RETURN_IF_ERROR(rows.Text(txn.app_id));
    DELTAIC_RETURN_IF_ERROR(rows.Long(txn.version));
    DELTAIC_RETURN_IF_ERROR(rows.Long(txn.last_updated));
  }
  return rows.Finish();
}

Result<std::shared_ptr<arrow::Array>> DomainMetadataRows(
    const std::vector<DomainMetadata>& domains) {
  DELTAIC_ASSIGN_OR_RETURN(StructRows rows, StructRows::Of(DomainMetadataType()));
  for (const DomainMetadata& domain : domains) {
    DELTAIC_RETURN_IF_ERROR(rows.NextRow());
    DELTAIC_RETURN_IF_ERROR(rows.Text(domain.domain));
    DELTAIC_RETURN_IF_ERROR(rows.Text(domain.configuration));
    DELTAIC_RETURN_IF_ERROR(rows.Bool(domain.removed));
  }
  return rows.Finish();
}

Result<std::shared_ptr<arrow::Array>> CheckpointMetadataRow(const CheckpointMetadata& metadata) {
  DELTAIC_ASSIGN_OR_RETURN(StructRows rows, StructRows::Of(CheckpointMetadataType()));
  DELTAIC_RETURN_IF_ERROR(rows.NextRow());
  DELTAIC_RETURN_IF_ERROR(rows.Long(metadata.version));
  DELTAIC_RETURN_IF_ERROR(rows.Map(metadata.tags));
  return rows.Finish();
}

Result<std::shared_ptr<arrow::Array>> SidecarRows(const std::vector<Sidecar>& sidecars) {
  DELTAIC_ASSIGN_OR_RETURN(StructRows rows, StructRows::Of(SidecarType()));
  for (const Sidecar& sidecar : sidecars) {
    DELTAIC_RETURN_IF_ERROR(rows.NextRow());
    DELTAIC_RETURN_IF_ERROR(rows.Text(sidecar.path));
    DELTAIC_RETURN_IF_ERROR(rows.Long(sidecar.size_in_bytes));
    DELTAIC_RETURN_IF_ERROR(rows.Long(sidecar.modification_time));
    DELTAIC_RETURN_IF_ERROR(rows.Map(sidecar.tags));
  }
  return rows.Finish();
}

Result<std::shared_ptr<arrow::Array>> FileActionRows(const arrow::RecordBatch& batch,
                                                     const std::shared_ptr<arrow::DataType>& type) {
  arrow::ArrayVector members;
  for (const auto& field : type->fields()) {
    std::shared_ptr<arrow::Array> member = batch.GetColumnByName(field->name());
    if (member == nullptr) {
      return Status::Internal("a batch of file actions lacks the column ", field->name());
    }
    if (field->name() == "dataChange") {
      DELTAIC_ASSIGN_OR_RETURN(
          member, arrow::MakeArrayFromScalar(arrow::BooleanScalar(false), batch.num_rows()));
    }
    members.push_back(std::move(member));
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> rows,
                           arrow::StructArray::Make(members, type->fields()));
  return rows;
}

}  // namespace deltaic
