#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ingest/registry/frame.h"

namespace deltaic::ingest {

/// A schema as it was registered.
struct RegisteredSchema {
  std::string type;  ///< AVRO, PROTOBUF or JSON; empty: not told
  std::string text;
  /// What it refers to, by the names it uses, each after what it refers to itself.
  std::vector<std::pair<std::string, std::string>> references;
};
using RegisteredSchemaPtr = std::shared_ptr<const RegisteredSchema>;

/// Where schemas come from. Safe from any thread.
class SchemaStore {
 public:
  virtual ~SchemaStore() = default;

  /// \retval kSchemaMismatch  there is no such schema: the message's fault
  /// \retval kUnavailable  it cannot be had now  \retval kPermissionDenied
  virtual Result<RegisteredSchemaPtr> Load(const SchemaKey& key) = 0;
};

/// Schemas of a store, kept for ever once they are had; failures for 10 seconds.
class SchemaCache : public SchemaStore {
 public:
  explicit SchemaCache(std::unique_ptr<SchemaStore> store) : store_(std::move(store)) {}

  Result<RegisteredSchemaPtr> Load(const SchemaKey& key) override;

 private:
  struct Failure {
    Status status;
    std::chrono::steady_clock::time_point until;
  };
  /// Of failures: ids in messages are not trusted, and may be any number of different ones.
  static constexpr size_t kMostFailures = 10000;

  const std::unique_ptr<SchemaStore> store_;
  std::mutex mutex_;
  std::map<SchemaKey, RegisteredSchemaPtr> schemas_;
  std::map<SchemaKey, Failure> failures_;
};

/// One schema whatever the key.
std::unique_ptr<SchemaStore> FixedSchema(RegisteredSchema schema);

/// Avro schemas by their fingerprint, as single object encoding names them.
/// \retval kSchemaMismatch  a text that is no schema.
Result<std::unique_ptr<SchemaStore>> SchemasByFingerprint(const std::vector<std::string>& texts);

}  // namespace deltaic::ingest
