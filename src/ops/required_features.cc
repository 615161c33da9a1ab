#include "ops/required_features.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace deltaic {
namespace {

/// A property that is `value` (or, where that is empty, anything but "none") needs `feature`.
struct PropertyRule {
  std::string_view key;
  std::string_view value;
  std::string_view feature;
};

constexpr PropertyRule kRules[] = {
    {"delta.appendOnly", "true", "appendOnly"},
    {"delta.enableChangeDataFeed", "true", "changeDataFeed"},
    {"delta.columnMapping.mode", "", "columnMapping"},
    {"delta.enableDeletionVectors", "true", "deletionVectors"},
    {"delta.enableRowTracking", "true", "rowTracking"},
    {"delta.enableMaterializePartitionColumnsFeature", "true", "materializePartitionColumns"},
    {"delta.checkpointPolicy", "v2", "v2Checkpoint"},
    {"delta.enableIcebergCompatV1", "true", "icebergCompatV1"},
    {"delta.enableIcebergCompatV2", "true", "icebergCompatV2"},
    {"delta.enableIcebergCompatV3", "true", "icebergCompatV3"},
    {"delta.enableInCommitTimestamps", "true", "inCommitTimestamp"},
    {"delta.enableTypeWidening", "true", "typeWidening"},
    {"delta.enableVariantShredding", "true", "variantShredding"},
};

/// One feature needs another to be there.
struct Dependency {
  std::string_view feature;
  std::string_view needs;
};

constexpr Dependency kDependencies[] = {
    {"rowTracking", "domainMetadata"},         {"clustering", "domainMetadata"},
    {"variantShredding", "variantType"},       {"icebergCompatV1", "columnMapping"},
    {"icebergCompatV2", "columnMapping"},      {"icebergCompatV3", "columnMapping"},
    {"icebergCompatV3", "rowTracking"},        {"catalogManaged", "inCommitTimestamp"},
    {"catalogManaged", "vacuumProtocolCheck"},
};

bool Applies(const PropertyRule& rule, const StringMap& configuration) {
  const auto found = configuration.find(std::string(rule.key));
  if (found == configuration.end()) return false;
  return rule.value.empty() ? !EqualsIgnoringCase(found->second, "none")
                            : EqualsIgnoringCase(found->second, rule.value);
}

void AddOnce(std::vector<std::string>& features, std::string_view feature) {
  if (std::find(features.begin(), features.end(), feature) == features.end()) {
    features.emplace_back(feature);
  }
}

void AddFeaturesOfField(const StructField& field, std::vector<std::string>& features) {
  for (const auto& [key, value] : field.metadata) {
    if (key == kInvariantsKey) AddOnce(features, "invariants");
    if (key == kGenerationExpressionKey) AddOnce(features, "generatedColumns");
    if (key.starts_with(kIdentityKeyPrefix)) AddOnce(features, "identityColumns");
    if (key == kCurrentDefaultKey) AddOnce(features, "allowColumnDefaults");
  }
}

void AddFeaturesOfType(const DataType& type, std::vector<std::string>& features) {
  switch (type.id()) {
    case TypeId::kTimestampNtz:
      return AddOnce(features, "timestampNtz");
    case TypeId::kVariant:
      return AddOnce(features, "variantType");
    case TypeId::kArray:
      return AddFeaturesOfType(*type.element(), features);
    case TypeId::kMap:
      AddFeaturesOfType(*type.key(), features);
      return AddFeaturesOfType(*type.value(), features);
    case TypeId::kStruct:
      for (const StructField& field : type.fields()) {
        AddFeaturesOfField(field, features);
        AddFeaturesOfType(*field.type, features);
      }
      return;
    default:
      return;
  }
}

}  // namespace

std::vector<std::string> RequiredFeatures(const StringMap& configuration, const Schema& schema) {
  std::vector<std::string> features;
  for (const PropertyRule& rule : kRules) {
    if (Applies(rule, configuration)) AddOnce(features, rule.feature);
  }
  const auto constraint = configuration.lower_bound("delta.constraints.");
  if (constraint != configuration.end() && constraint->first.starts_with("delta.constraints.")) {
    AddOnce(features, "checkConstraints");
  }
  AddFeaturesOfType(schema, features);
  return features;
}

std::vector<std::string> WithDependencies(std::vector<std::string> features) {
  // What is added at the end is looked at in its turn.
  for (size_t i = 0; i < features.size(); ++i) {
    const std::string feature = features[i];
    for (const Dependency& dependency : kDependencies) {
      if (dependency.feature == feature) AddOnce(features, dependency.needs);
    }
  }
  return features;
}

}  // namespace deltaic
