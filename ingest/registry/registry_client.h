#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/status.h"
#include "ingest/registry/schema_store.h"

namespace deltaic::ingest {

enum class RegistryKind { kConfluent, kApicurio, kGlue };

/// Where a schema registry is, and who asks.
struct RegistryOptions {
  std::string url;  ///< of AWS Glue: "glue", with aws_region among the storage options
  RegistryKind kind = RegistryKind::kConfluent;
  bool by_global_id = false;               ///< Apicurio: numbers are global ids, not content ids
  std::string subject;                     ///< of messages without a schema id: its newest version
  std::string user, password;              ///< basic
  std::string token;                       ///< bearer
  std::string ca_path;                     ///< file of CAs
  std::string certificate_path, key_path;  ///< mTLS
  std::string proxy;
  std::map<std::string, std::string> storage;  ///< where Glue's credentials and region come from
};

/// The schemas of a registry: Confluent's API (Karapace, Redpanda and Apicurio's compatible one
/// have it too), Apicurio's own (v2 and v3), AWS Glue's. References are resolved. Not cached: put
/// a SchemaCache over it.
/// \retval kInvalidArgument  a URL that is none.
Result<std::unique_ptr<SchemaStore>> OpenRegistry(const RegistryOptions& options);

}  // namespace deltaic::ingest
