#include "protocol/table_features.h"

#include <algorithm>

#include "protocol/schema.h"
#include "protocol/schema_json.h"

namespace deltaic {
namespace {

constexpr int32_t kMaxReaderVersion = 3;
constexpr int32_t kMaxWriterVersion = 7;
/// Far more than exist; looking names up costs the square of their number.
constexpr size_t kMaxFeatures = 1000;
constexpr FeatureKind kW = FeatureKind::kWriter;
constexpr FeatureKind kRW = FeatureKind::kReaderWriter;

// name, kind, legacy reader and writer version, can read, can write, summary. A writer-only feature
// never stops a reader. Source: PROTOCOL.md, "Valid Feature Names in Table Features", and the names
// that other writers put into tables.
constexpr TableFeature kFeatures[] = {
    {"appendOnly", kW, 0, 2, true, true, "append-only tables"},
    {"invariants", kW, 0, 2, true, true, "column invariants"},
    {"checkConstraints", kW, 0, 3, true, true, "CHECK constraints"},
    {"changeDataFeed", kW, 0, 4, true, true, "change data feed"},
    {"generatedColumns", kW, 0, 4, true, true, "generated columns"},
    {"columnMapping", kRW, 2, 5, true, true, "column mapping"},
    {"identityColumns", kW, 0, 6, true, true, "identity columns"},
    {"allowColumnDefaults", kW, 0, 0, true, true, "default values of columns"},
    {"deletionVectors", kRW, 0, 0, true, true, "deletion vectors"},
    {"rowTracking", kW, 0, 0, true, true, "row ids"},
    {"timestampNtz", kRW, 0, 0, true, true, "timestamps without time zone"},
    {"domainMetadata", kW, 0, 0, true, true, "metadata of domains"},
    {"v2Checkpoint", kRW, 0, 0, true, true, "checkpoints of the second kind"},
    {"catalogManaged", kRW, 0, 0, false, false, "commits through a catalog"},
    {"icebergCompatV1", kW, 0, 0, true, true, "Iceberg compatibility"},
    {"icebergCompatV2", kW, 0, 0, true, true, "Iceberg compatibility"},
    {"icebergCompatV3", kW, 0, 0, true, true, "Iceberg compatibility"},
    {"icebergWriterCompatV1", kW, 0, 0, true, false, "Iceberg compatibility"},
    {"clustering", kW, 0, 0, true, true, "clustered tables"},
    {"vacuumProtocolCheck", kRW, 0, 0, true, true, "protocol check by VACUUM"},
    {"inCommitTimestamp", kW, 0, 0, true, true, "timestamps inside commits"},
    {"typeWidening", kRW, 0, 0, true, true, "widened column types"},
    {"typeWidening-preview", kRW, 0, 0, true, true, "widened column types"},
    {"variantType", kRW, 0, 0, true, true, "variant columns"},
    {"variantType-preview", kRW, 0, 0, true, true, "variant columns"},
    {"variantShredding", kRW, 0, 0, true, true, "shredded variant columns"},
    {"variantShredding-preview", kRW, 0, 0, true, true, "shredded variant columns"},
    // Proposals and names of the past.
    {"checkpointProtection", kW, 0, 0, true, true, "protected checkpoints"},
    {"collations", kW, 0, 0, true, false, "collated strings"},
    {"collations-preview", kW, 0, 0, true, false, "collated strings"},
    {"columnMappingUsageTracking", kW, 0, 0, true, false, "tracking of renamed columns"},
    {"materializePartitionColumns", kW, 0, 0, true, true, "partition columns in data files"},
    {"inCommitTimestamp-preview", kW, 0, 0, true, false, "timestamps inside commits"},
    {"liquid", kW, 0, 0, true, false, "clustered tables"},
    {"coordinatedCommits-preview", kW, 0, 0, true, false, "commits through a coordinator"},
    {"redirectWriterOnly-preview", kW, 0, 0, true, false, "redirected tables"},
    {"redirectReaderWriter-preview", kRW, 0, 0, false, false, "redirected tables"},
    {"catalogOwned", kRW, 0, 0, false, false, "commits through a catalog"},
    {"catalogOwned-preview", kRW, 0, 0, false, false, "commits through a catalog"},
    {"geospatial", kRW, 0, 0, false, false, "geometry and geography columns"},
    {"geospatial-dev", kRW, 0, 0, false, false, "geometry and geography columns"},
    {"timestampNanos", kRW, 0, 0, false, false, "timestamps in nanoseconds"},
    {"adaptiveMetadata", kRW, 0, 0, false, false, "metadata in manifests"},
    {"adaptiveMetadata-preview", kRW, 0, 0, false, false, "metadata in manifests"},
};

using Names = std::vector<std::string>;

bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool Lists(const std::optional<Names>& names, std::string_view name) {
  return names.has_value() && Contains(*names, name);
}

bool IsImplied(const Protocol& protocol, const TableFeature& feature) {
  // Reader version 2 means column mapping and nothing else, whatever the writer version.
  if (feature.legacy_reader_version > 0 &&
      protocol.min_reader_version == feature.legacy_reader_version) {
    return true;
  }
  return feature.legacy_writer_version > 0 && protocol.min_writer_version < kMaxWriterVersion &&
         protocol.min_writer_version >= feature.legacy_writer_version &&
         protocol.min_reader_version >= feature.legacy_reader_version;
}

/// Where the lists contradict the versions or each other.
Status CheckConsistent(const Protocol& protocol) {
  const int32_t reader = protocol.min_reader_version;
  const int32_t writer = protocol.min_writer_version;
  const auto broken = [&](const auto&... why) {
    return Status::Corruption("the protocol action (reader version ", reader, ", writer version ",
                              writer, ") is not valid: ", why...);
  };
  if (reader < 1 || writer < 1) return broken("versions start at 1");
  if (reader == kMaxReaderVersion && writer < kMaxWriterVersion) {
    return broken("reader version 3 needs writer version 7");
  }
  if (reader == kMaxReaderVersion && !protocol.reader_features) {
    return broken("it has no readerFeatures");
  }
  if (reader < kMaxReaderVersion && protocol.reader_features &&
      !protocol.reader_features->empty()) {
    return broken("only reader version 3 has readerFeatures");
  }
  if (writer < kMaxWriterVersion && protocol.writer_features &&
      !protocol.writer_features->empty()) {
    return broken("only writer version 7 has writerFeatures");
  }
  for (const auto* names : {&protocol.reader_features, &protocol.writer_features}) {
    if (*names && (*names)->size() > kMaxFeatures) {
      return broken("it lists more than ", kMaxFeatures, " features");
    }
  }
  if (protocol.reader_features) {
    for (const std::string& name : *protocol.reader_features) {
      if (!Lists(protocol.writer_features, name)) {
        return broken("readerFeatures has '", name, "', writerFeatures has not");
      }
    }
  }
  return Status();
}

/// `"a" (summary of a), "b" (not known to it)`.
std::string Describe(const Names& names) {
  std::string out;
  for (const std::string& name : names) {
    const TableFeature* feature = FindTableFeature(name);
    if (!out.empty()) out += ", ";
    out += Concat('"', name, "\" (", feature ? feature->summary : "unknown to it", ')');
  }
  return out;
}

Status RefuseFeatures(std::string_view side, const Names& names) {
  const std::string_view plural = names.size() == 1 ? "" : "s";
  return Status::Unsupported("table needs the ", side, " feature", plural, " ", Describe(names),
                             ", which Deltaic " DELTAIC_VERSION
                             " does not support; use a newer "
                             "version or an engine that does");
}

/// Such a table is read only with what its catalog says of it.
bool NeedsCatalog(std::string_view name) {
  return name == "catalogManaged" || name == "catalogOwned" || name == "catalogOwned-preview";
}

Status RefuseWithoutCatalog(const Names& names) {
  return Status::Unsupported("table needs the reader feature ", Describe(names),
                             ": only its catalog knows its newest commits; give what the catalog "
                             "says (catalog_commits, max_catalog_version), or read the table "
                             "through the catalog");
}

Status RefuseVersion(std::string_view side, int32_t version, int32_t max) {
  return Status::Unsupported("table needs ", side, " version ", version,
                             ", Deltaic " DELTAIC_VERSION " supports versions up to ", max,
                             "; use a newer version or an engine that does");
}

/// A rule for rows where no writer can follow it, and where it is.
struct MisplacedRule {
  std::string_view feature;
  std::string where;
};

std::string_view FeatureOfKey(std::string_view key) {
  if (key == kInvariantsKey) return "invariants";
  if (key == kGenerationExpressionKey) return "generatedColumns";
  if (key.starts_with(kIdentityKeyPrefix)) return "identityColumns";
  if (key == kCurrentDefaultKey) return "allowColumnDefaults";
  return {};
}

/// Columns can be generated at the top only, and invariants hold for what stands once in a row.
std::optional<MisplacedRule> FindMisplacedRule(const DataType& type, const std::string& path,
                                               bool in_container) {
  switch (type.id()) {
    case TypeId::kArray:
      return FindMisplacedRule(*type.element(), path, true);
    case TypeId::kMap: {
      auto rule = FindMisplacedRule(*type.key(), path, true);
      return rule ? rule : FindMisplacedRule(*type.value(), path, true);
    }
    case TypeId::kStruct:
      for (const StructField& field : type.fields()) {
        const std::string name = path.empty() ? field.name : Concat(path, '.', field.name);
        for (const auto& [key, value] : field.metadata) {
          const std::string_view feature = FeatureOfKey(key);
          const bool is_misplaced =
              feature == "invariants" ? in_container : !feature.empty() && !path.empty();
          if (is_misplaced) return MisplacedRule{feature, Concat("column '", name, "' has ", key)};
        }
        if (auto rule = FindMisplacedRule(*field.type, name, in_container)) return rule;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

/// Refuses rules that a write could not follow. The metadata alone decides, because others enforce
/// them too even where the protocol does not list the feature.
Status CheckRulesArePlaced(const Metadata& metadata) {
  if (metadata.schema_string.empty()) return Status();
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, ParseSchema(metadata.schema_string));
  const auto rule = FindMisplacedRule(*schema, "", /*in_container=*/false);
  if (!rule) return Status();
  return Status::Unsupported("table uses the writer feature \"", rule->feature,
                             "\" inside a column (", rule->where,
                             "), which Deltaic " DELTAIC_VERSION
                             " does not support when writing; write with an engine that does");
}

void AppendMissing(Names& names, const Names& more) {
  for (const std::string& name : more) {
    if (!Contains(names, name)) names.push_back(name);
  }
}

bool IsReaderFeature(std::string_view name) {
  const TableFeature* feature = FindTableFeature(name);
  return feature == nullptr || feature->kind == FeatureKind::kReaderWriter;
}

/// The protocol with feature lists that holds what `base` has and `missing`.
Protocol WithLists(const Protocol& base, const Names& missing) {
  Protocol out = base;
  Names features = base.writer_features.value_or(Names());
  AppendMissing(features, ProtocolFeatures(base));
  AppendMissing(features, missing);
  for (const std::string& name : missing) {
    if (!IsReaderFeature(name)) continue;
    const TableFeature* feature = FindTableFeature(name);
    const int32_t legacy = feature == nullptr ? 0 : feature->legacy_reader_version;
    out.min_reader_version =
        std::max(out.min_reader_version, legacy > 0 ? legacy : kMaxReaderVersion);
  }
  out.min_writer_version = std::max(out.min_writer_version, kMaxWriterVersion);
  if (out.min_reader_version >= kMaxReaderVersion) {
    Names readers = base.reader_features.value_or(Names());
    for (const std::string& name : features) {
      // A writer feature of `base` that is unknown here stays what it was.
      const bool known = FindTableFeature(name) != nullptr || Contains(missing, name);
      if (known && IsReaderFeature(name)) AppendMissing(readers, {name});
    }
    out.reader_features = std::move(readers);
  }
  out.writer_features = std::move(features);
  return out;
}

}  // namespace

const TableFeature* FindTableFeature(std::string_view name) {
  for (const TableFeature& feature : kFeatures) {
    if (feature.name == name) return &feature;
  }
  return nullptr;
}

std::vector<std::string> ProtocolFeatures(const Protocol& protocol) {
  Names out;
  for (const TableFeature& feature : kFeatures) {
    if (Lists(protocol.reader_features, feature.name) ||
        Lists(protocol.writer_features, feature.name) || IsImplied(protocol, feature)) {
      out.emplace_back(feature.name);
    }
  }
  AppendMissing(out, protocol.reader_features.value_or(Names()));
  AppendMissing(out, protocol.writer_features.value_or(Names()));
  return out;
}

bool ProtocolHasFeature(const Protocol& protocol, std::string_view name) {
  if (Lists(protocol.reader_features, name) || Lists(protocol.writer_features, name)) return true;
  const TableFeature* feature = FindTableFeature(name);
  return feature != nullptr && IsImplied(protocol, *feature);
}

Status CheckReadable(const Protocol& protocol, CatalogAccess catalog) {
  if (protocol.min_reader_version > kMaxReaderVersion) {
    return RefuseVersion("reader", protocol.min_reader_version, kMaxReaderVersion);
  }
  DELTAIC_RETURN_IF_ERROR(CheckConsistent(protocol));
  Names refused;
  for (const std::string& name : protocol.reader_features.value_or(Names())) {
    if (NeedsCatalog(name) && catalog == CatalogAccess::kGiven) continue;
    const TableFeature* feature = FindTableFeature(name);
    if (feature == nullptr || !feature->can_read) refused.push_back(name);
  }
  if (refused.empty()) return Status();
  return std::ranges::all_of(refused, NeedsCatalog) ? RefuseWithoutCatalog(refused)
                                                    : RefuseFeatures("reader", refused);
}

Status CheckWritable(const Protocol& protocol, const Metadata& metadata) {
  DELTAIC_RETURN_IF_ERROR(CheckReadable(protocol, CatalogAccess::kGiven));
  if (protocol.min_writer_version > kMaxWriterVersion) {
    return RefuseVersion("writer", protocol.min_writer_version, kMaxWriterVersion);
  }
  if (protocol.min_writer_version == kMaxWriterVersion && !protocol.writer_features) {
    return Status::Corruption("the protocol action has writer version 7 but no writerFeatures");
  }
  Names refused;
  for (const std::string& name : ProtocolFeatures(protocol)) {
    const TableFeature* feature = FindTableFeature(name);
    if (feature == nullptr || !feature->can_write) refused.push_back(name);
  }
  if (!refused.empty()) return RefuseFeatures("writer", refused);
  return CheckRulesArePlaced(metadata);
}

Protocol UpgradeProtocol(const Protocol& base, const std::vector<std::string>& features) {
  Names missing;
  for (const std::string& name : features) {
    if (!ProtocolHasFeature(base, name)) AppendMissing(missing, {name});
  }
  if (missing.empty()) return base;
  Protocol legacy = base;
  bool legacy_suffices =
      base.min_writer_version < kMaxWriterVersion && base.min_reader_version < kMaxReaderVersion;
  for (const std::string& name : missing) {
    const TableFeature* feature = FindTableFeature(name);
    if (feature == nullptr || feature->legacy_writer_version == 0) {
      legacy_suffices = false;
      break;
    }
    legacy.min_reader_version =
        std::max<int32_t>(legacy.min_reader_version, feature->legacy_reader_version);
    legacy.min_writer_version =
        std::max<int32_t>(legacy.min_writer_version, feature->legacy_writer_version);
  }
  return legacy_suffices ? legacy : WithLists(base, missing);
}

}  // namespace deltaic
