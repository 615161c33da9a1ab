#include "data/checkpoint/checkpoint_writer.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/properties.h>

#include <array>
#include <utility>

#include "data/checkpoint/checkpoint_encoder.h"
#include "data/checkpoint/checkpoint_rows.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Columns of distinct values: a dictionary would be built only to be thrown away.
constexpr std::array kPlainColumns = {"add.path",         "add.stats",
                                      "add.size",         "add.modificationTime",
                                      "add.baseRowId",    "add.deletionVector.pathOrInlineDv",
                                      "remove.path",      "remove.deletionTimestamp",
                                      "remove.size",      "remove.deletionVector.pathOrInlineDv",
                                      "remove.baseRowId", "metaData.schemaString",
                                      "sidecar.path"};

/// Columns whose null counts tell a reader which row groups have actions of that kind.
constexpr std::array kColumnsWithStatistics = {"txn.appId",
                                               "add.path",
                                               "remove.path",
                                               "metaData.id",
                                               "protocol.minReaderVersion",
                                               "domainMetadata.domain",
                                               "checkpointMetadata.version",
                                               "sidecar.path"};

std::shared_ptr<parquet::WriterProperties> ParquetProperties(
    const CheckpointWriterOptions& options) {
  parquet::WriterProperties::Builder builder;
  builder.compression(arrow::Compression::SNAPPY)
      ->max_row_group_length(options.max_rows_per_group)
      ->disable_statistics()
      ->set_size_statistics_level(parquet::SizeStatisticsLevel::None);
  for (const char* path : kPlainColumns) builder.disable_dictionary(std::string(path));
  for (const char* path : kColumnsWithStatistics) builder.enable_statistics(std::string(path));
  return builder.build();
}

class ParquetCheckpointWriter : public CheckpointWriter {
 public:
  ParquetCheckpointWriter(std::unique_ptr<ObjectWriter> out, const CheckpointWriterOptions& options)
      : out_(std::move(out)),
        schema_(CheckpointSchema(options.form, options.stats_as_json, options.more_of_add)) {}

  ~ParquetCheckpointWriter() override {
    if (out_ != nullptr) out_->Abort();
  }

  Status Open(const CheckpointWriterOptions& options) {
    // The stream belongs to out_, which outlives the encoder.
    std::shared_ptr<arrow::io::OutputStream> sink(std::shared_ptr<void>(), out_->stream());
    DELTAIC_ASSIGN_OR_RETURN(
        encoder_, CheckpointEncoder::Open(std::move(sink), schema_, ParquetProperties(options),
                                          options.max_rows_per_group));
    return Status();
  }

  Status WriteState(const Protocol& protocol, const Metadata& metadata,
                    const std::vector<Txn>& txns,
                    const std::vector<DomainMetadata>& domains) override {
    DELTAIC_ASSIGN_OR_RETURN(auto protocol_row, ProtocolRow(protocol));
    DELTAIC_RETURN_IF_ERROR(Append("protocol", *protocol_row));
    DELTAIC_ASSIGN_OR_RETURN(auto metadata_row, MetadataRow(metadata));
    DELTAIC_RETURN_IF_ERROR(Append("metaData", *metadata_row));
    DELTAIC_ASSIGN_OR_RETURN(auto txn_rows, TxnRows(txns));
    DELTAIC_RETURN_IF_ERROR(Append("txn", *txn_rows));
    DELTAIC_ASSIGN_OR_RETURN(auto domain_rows, DomainMetadataRows(domains));
    return Append("domainMetadata", *domain_rows);
  }

  Status WriteSidecars(const CheckpointMetadata& metadata,
                       const std::vector<Sidecar>& sidecars) override {
    DELTAIC_ASSIGN_OR_RETURN(auto metadata_row, CheckpointMetadataRow(metadata));
    DELTAIC_RETURN_IF_ERROR(Append("checkpointMetadata", *metadata_row));
    DELTAIC_ASSIGN_OR_RETURN(auto sidecar_rows, SidecarRows(sidecars));
    return Append("sidecar", *sidecar_rows);
  }

  Status WriteAdds(const std::shared_ptr<arrow::RecordBatch>& adds) override {
    written_.num_adds += adds->num_rows();
    return AppendFiles("add", *adds);
  }

  Status WriteRemoves(const std::shared_ptr<arrow::RecordBatch>& removes) override {
    return AppendFiles("remove", *removes);
  }

  Result<CheckpointWriteResult> Finish() override {
    DELTAIC_RETURN_IF_ERROR(encoder_->Close());
    encoder_.reset();
    DELTAIC_ASSIGN_OR_RETURN(written_.size_bytes, out_->Close());
    out_.reset();
    return written_;
  }

 private:
  Status AppendFiles(const char* column, const arrow::RecordBatch& batch) {
    DELTAIC_ASSIGN_OR_RETURN(auto rows,
                             FileActionRows(batch, schema_->GetFieldByName(column)->type()));
    return Append(column, *rows);
  }

  Status Append(const char* column, const arrow::Array& rows) {
    written_.num_actions += rows.length();
    return encoder_->Write(schema_->GetFieldIndex(column), rows);
  }

  std::unique_ptr<ObjectWriter> out_;  // nullptr once finished
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<CheckpointEncoder> encoder_;
  CheckpointWriteResult written_;
};

}  // namespace

Result<std::unique_ptr<CheckpointWriter>> CheckpointWriter::Make(std::unique_ptr<ObjectWriter> out,
                                                                 CheckpointWriterOptions options) {
  auto writer = std::make_unique<ParquetCheckpointWriter>(std::move(out), options);
  DELTAIC_RETURN_IF_ERROR(writer->Open(options));
  return std::unique_ptr<CheckpointWriter>(std::move(writer));
}

}  // namespace deltaic
