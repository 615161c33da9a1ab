#include "ingest/registry/schema_store.h"

#include "avro/avro_schema.h"

namespace deltaic::ingest {
namespace {

constexpr auto kFailureTime = std::chrono::seconds(10);

class Fixed : public SchemaStore {
 public:
  explicit Fixed(RegisteredSchema schema)
      : schema_(std::make_shared<const RegisteredSchema>(std::move(schema))) {}
  Result<RegisteredSchemaPtr> Load(const SchemaKey&) override { return schema_; }

 private:
  const RegisteredSchemaPtr schema_;
};

class ByFingerprint : public SchemaStore {
 public:
  Status Add(const std::string& text) {
    DELTAIC_ASSIGN_OR_RETURN(const AvroTypePtr type, ParseAvroSchema(text));
    const uint64_t fingerprint = AvroFingerprint(CanonicalAvroSchema(*type));
    SchemaKey key;
    for (int byte = 0; byte < 8; ++byte) {
      key.guid.push_back(static_cast<char>(fingerprint >> (8 * byte)));
    }
    schemas_[key] = std::make_shared<const RegisteredSchema>(
        RegisteredSchema{.type = "AVRO", .text = text, .references = {}});
    return Status();
  }
  Result<RegisteredSchemaPtr> Load(const SchemaKey& key) override {
    const auto found = schemas_.find(key);
    if (found != schemas_.end()) return found->second;
    return Status::SchemaMismatch(key.ToString(), " is none of the ", schemas_.size(), " given");
  }

 private:
  std::map<SchemaKey, RegisteredSchemaPtr> schemas_;
};

}  // namespace

Result<RegisteredSchemaPtr> SchemaCache::Load(const SchemaKey& key) {
  // Held while asking, so that a schema is asked for once, however many threads want it.
  const std::lock_guard lock(mutex_);
  if (const auto found = schemas_.find(key); found != schemas_.end()) return found->second;
  const auto now = std::chrono::steady_clock::now();
  if (const auto failed = failures_.find(key); failed != failures_.end()) {
    if (now < failed->second.until) return failed->second.status;
    failures_.erase(failed);
  }
  Result<RegisteredSchemaPtr> loaded = store_->Load(key);
  if (loaded.ok()) {
    schemas_[key] = *loaded;
  } else if (loaded.status().code() == StatusCode::kSchemaMismatch) {
    // What is not there may come; what could not be asked for is asked for again at once, since
    // whoever asks pauses in between.
    if (failures_.size() >= kMostFailures) failures_.clear();
    failures_[key] = {loaded.status(), now + kFailureTime};
  }
  return loaded;
}

std::unique_ptr<SchemaStore> FixedSchema(RegisteredSchema schema) {
  return std::make_unique<Fixed>(std::move(schema));
}

Result<std::unique_ptr<SchemaStore>> SchemasByFingerprint(const std::vector<std::string>& texts) {
  auto out = std::make_unique<ByFingerprint>();
  for (const std::string& text : texts) DELTAIC_RETURN_IF_ERROR(out->Add(text));
  return std::unique_ptr<SchemaStore>(std::move(out));
}

}  // namespace deltaic::ingest
