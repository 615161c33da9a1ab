// A table that is not there yet: its columns are given, or told from the first messages.

#include <utility>

#include "base/log_sink.h"
#include "expr/parser.h"
#include "ingest/loop/ingest.h"
#include "ops/create.h"
#include "protocol/schema_json.h"

namespace deltaic::ingest {
namespace {

constexpr int64_t kSampleMessages = 1000;
constexpr auto kSampleTime = std::chrono::seconds(5);

Result<SchemaPtr> ParseSchemaOption(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') return ParseSchema(text);
  return ParseColumnList(text);
}

}  // namespace

Status Ingest::CreateFrom(SchemaPtr schema) {
  if (schema == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(schema, ParseSchemaOption(options_.schema));
  }
  CreateOptions create;
  create.schema = std::move(schema);
  create.partition_by = options_.partition_by;
  create.properties = options_.properties;
  // Rows that change are then taken by deletion vectors.
  if (options_.changes.by_key()) create.properties.emplace("delta.enableDeletionVectors", "true");
  create.mode = SaveMode::kIgnore;  // of two that create it, one adopts the other's
  DELTAIC_RETURN_IF_ERROR(CreateTable(table_, create).status());
  Log(LogLevel::kInfo, Concat("created ", table_->uri(), " with ", create.schema->ToString()));
  DELTAIC_RETURN_IF_ERROR(OpenTable());
  return PersistStarts();
}

Status Ingest::Sample(MessageBatch batch) {
  if (!batch.messages.empty()) {
    if (sampled_ == 0) sample_begin_ = Clock::now();
    sampled_ += static_cast<int64_t>(batch.messages.size());
    sample_.push_back(std::move(batch));
  }
  return SampleIsDue() ? CreateFromSample() : Status();
}

bool Ingest::SampleIsDue() const {
  if (sampled_ == 0) return false;
  return sampled_ >= kSampleMessages || Clock::now() - sample_begin_ >= kSampleTime ||
         Clock::now() - sample_begin_ >= std::chrono::milliseconds(options_.allowed_latency_ms);
}

Status Ingest::CreateFromSample() {
  std::vector<SampledMessage> messages;
  for (const MessageBatch& batch : sample_) {
    for (const Message& message : batch.messages) {
      messages.push_back({message.payload, {&api_, &message, options_.topic}});
    }
  }
  sampled_ = 0;
  std::vector<MessageBatch> sample = std::exchange(sample_, {});
  DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema, InferSchema(decoding_, messages));
  DELTAIC_RETURN_IF_ERROR(CreateFrom(std::move(schema)));
  for (MessageBatch& batch : sample) {
    if (must_restart_) break;
    DELTAIC_RETURN_IF_ERROR(Handle(std::move(batch)));
  }
  return Status();
}

}  // namespace deltaic::ingest
