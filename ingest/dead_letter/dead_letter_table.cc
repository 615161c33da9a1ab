#include "ingest/dead_letter/dead_letter_table.h"

#include <arrow/record_batch.h>

#include <optional>
#include <utility>

#include "base/log_sink.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/commit/positions.h"
#include "ingest/commit/table_writer.h"
#include "ingest/dead_letter/dead_letter_json.h"
#include "ingest/decode/json_decoder.h"
#include "ingest/transform/transforms.h"
#include "ops/create.h"
#include "storage/arrow_status.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

SchemaPtr Columns() {
  const auto text = DataType::Primitive(TypeId::kString);
  const auto integer = DataType::Primitive(TypeId::kInteger);
  return DataType::Struct({{.name = "base64_bytes", .type = text},
                           {.name = "json_string", .type = text},
                           {.name = "error", .type = text},
                           {.name = "timestamp", .type = DataType::Primitive(TypeId::kTimestamp)},
                           {.name = "topic", .type = text},
                           {.name = "partition", .type = integer},
                           {.name = "offset", .type = DataType::Primitive(TypeId::kLong)},
                           {.name = "key", .type = text},
                           {.name = "headers", .type = DataType::Map(text, text, true)},
                           {.name = "schema_id", .type = integer},
                           {.name = "stage", .type = text}});
}

class DeadLetterTable : public DeadLetters {
 public:
  DeadLetterTable(KafkaApi api, DeadLetterTableOptions options)
      : api_(std::move(api)), options_(std::move(options)) {}

  Status Open() {
    DELTAIC_ASSIGN_OR_RETURN(transforms_, Transforms::Make(options_.transforms, ""));
    DELTAIC_ASSIGN_OR_RETURN(const auto table, Table::At(options_.uri, options_.storage));
    CreateOptions create;
    create.mode = SaveMode::kIgnore;
    create.schema = Columns();
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, CreateTable(table, create));
    // It refuses tables that this build must not write.
    DELTAIC_RETURN_IF_ERROR(Transaction::Start(table, snapshot).status());
    writer_.emplace(table, std::move(snapshot), TableWriterOptions{.query_id = options_.app_id});
    return Learn();
  }

  Status Add(const DeadLetter& letter) override {
    const auto known = positions_.find(letter.message->partition);
    if (known != positions_.end() && letter.message->offset <= known->second) return Status();
    std::string json = DeadLetterJson(api_, letter, options_.topic, NowMicros());
    if (!transforms_->empty()) {
      const std::string whole = std::exchange(json, std::string());
      DELTAIC_RETURN_IF_ERROR(
          transforms_->Apply(whole, {&api_, letter.message, options_.topic}, json)
              .status()
              .WithContext("--dlq-transform"));
    }
    const size_t length = json.size();
    json.append(JsonDecoder::kPadding, '\0');
    DELTAIC_RETURN_IF_ERROR(Named(decoder_->Decode(std::string_view(json.data(), length))));
    rows_->EndRow();
    ++count_;
    if (rows_->num_bytes() > kMostBufferedBytes) return Deliver();
    return Status();
  }

  Status Depart(const std::map<int32_t, int64_t>& positions) override {
    if (count_ == 0) return Status();
    DELTAIC_RETURN_IF_ERROR(Deliver());
    DELTAIC_RETURN_IF_ERROR(
        Named(writer_->Depart(MakePositions(positions, options_.app_id, NowMs()))));
    flight_ = Flight{positions, std::exchange(count_, 0)};
    return Status();
  }

  bool changes_table() const override { return flight_ && writer_->changes_table(); }

  Status Fly() override { return flight_ ? Named(writer_->Fly()) : Status(); }

  Result<int64_t> Land() override {
    if (!flight_) return int64_t{0};
    const Flight landed = *std::exchange(flight_, std::nullopt);
    DELTAIC_RETURN_IF_ERROR(Named(writer_->Land().status()));
    for (const auto& [partition, offset] : landed.positions) positions_[partition] = offset;
    return landed.count;
  }

  void Drop() override {
    writer_->Drop();
    static_cast<void>(rows_->Take());
    count_ = 0;
  }

  Status Reload() override {
    Drop();
    DELTAIC_RETURN_IF_ERROR(writer_->Reload());
    return Learn();
  }

 private:
  static constexpr int64_t kMostBufferedBytes = 8 << 20;

  struct Flight {
    std::map<int32_t, int64_t> positions;
    int64_t count = 0;
  };

  Status Named(const Status& status) const {
    return status.WithContext(Concat("dead letter table ", options_.uri));
  }

  Status Learn() {
    DELTAIC_ASSIGN_OR_RETURN(positions_, LoadPositions(*writer_->snapshot(), options_.app_id));
    DELTAIC_ASSIGN_OR_RETURN(RowBuffer rows, RowBuffer::Make(writer_->snapshot()->schema()));
    rows_ = std::make_unique<RowBuffer>(std::move(rows));
    decoder_.emplace(rows_.get(), Evolution::kIgnore);
    return Status();
  }

  Status Deliver() {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, rows_->Take());
    return writer_->Write(batch, [&](int64_t, const Status& why) { return Named(why); });
  }

  const KafkaApi api_;
  const DeadLetterTableOptions options_;
  std::optional<Transforms> transforms_;
  std::optional<TableWriter> writer_;
  std::unique_ptr<RowBuffer> rows_;
  std::optional<JsonDecoder> decoder_;
  std::map<int32_t, int64_t> positions_;
  int64_t count_ = 0;
  std::optional<Flight> flight_;
};

}  // namespace

Result<std::unique_ptr<DeadLetters>> OpenDeadLetterTable(const KafkaApi& api,
                                                         const DeadLetterTableOptions& options) {
  auto table = std::make_unique<DeadLetterTable>(api, options);
  DELTAIC_RETURN_IF_ERROR(table->Open());
  return std::unique_ptr<DeadLetters>(std::move(table));
}

}  // namespace deltaic::ingest
