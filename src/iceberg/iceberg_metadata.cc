#include "iceberg/iceberg_metadata.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace deltaic {
namespace {

constexpr int64_t kNewestFormat = 3;
constexpr int64_t kFirstPartitionFieldId = 1000;
constexpr std::string_view kSuffixes[] = {".gz.metadata.json", ".metadata.json.gz",
                                          ".metadata.json"};

Status Lacks(std::string_view what) {
  return Status::Corruption("the Iceberg metadata has no ", what);
}

std::optional<int64_t> IntOf(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  const auto* number = member == nullptr ? nullptr : std::get_if<int64_t>(&member->value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

const std::string* TextOf(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  return member == nullptr ? nullptr : member->as_text();
}

const JsonArray* ArrayOf(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  return member == nullptr ? nullptr : member->as_array();
}

/// The member of an array whose `key` is `id`.
const Json* ById(const JsonArray& items, std::string_view key, int64_t id) {
  const auto found =
      std::ranges::find_if(items, [&](const Json& item) { return IntOf(item, key) == id; });
  return found == items.end() ? nullptr : &*found;
}

Result<IcebergSpec> ParseSpec(const JsonArray& fields) {
  IcebergSpec out;
  for (const Json& field : fields) {
    const std::string* name = TextOf(field, "name");
    const std::string* transform = TextOf(field, "transform");
    if (name == nullptr || transform == nullptr) return Lacks("name or transform of a partition");
    const int64_t next = kFirstPartitionFieldId + static_cast<int64_t>(out.size());
    out.push_back({.source_id = IntOf(field, "source-id").value_or(0),
                   // Tables of version 1 may leave them out.
                   .field_id = IntOf(field, "field-id").value_or(next),
                   .transform = *transform,
                   .name = *name});
  }
  return out;
}

Status TakeSpecs(const Json& json, IcebergMetadata& out) {
  if (const JsonArray* specs = ArrayOf(json, "partition-specs")) {
    for (const Json& spec : *specs) {
      const auto id = IntOf(spec, "spec-id");
      const JsonArray* fields = ArrayOf(spec, "fields");
      if (!id || fields == nullptr) return Lacks("spec-id or fields of a partition spec");
      DELTAIC_ASSIGN_OR_RETURN(out.specs[*id], ParseSpec(*fields));
    }
    out.default_spec = IntOf(json, "default-spec-id").value_or(0);
  } else if (const JsonArray* fields = ArrayOf(json, "partition-spec")) {
    DELTAIC_ASSIGN_OR_RETURN(out.specs[0], ParseSpec(*fields));
  }
  return out.Spec(out.default_spec).status();
}

Status TakeSchema(const Json& json, IcebergMetadata& out) {
  const JsonArray* schemas = ArrayOf(json, "schemas");
  const auto current = IntOf(json, "current-schema-id");
  const Json* schema =
      schemas != nullptr && current ? ById(*schemas, "schema-id", *current) : json.Find("schema");
  if (schema == nullptr) return Lacks("current schema");
  out.schema = *schema;
  return Status();
}

Status TakeSnapshot(const Json& json, IcebergMetadata& out) {
  const auto current = IntOf(json, "current-snapshot-id");
  if (!current || *current == -1) return Status();
  const JsonArray* snapshots = ArrayOf(json, "snapshots");
  const Json* snapshot = snapshots == nullptr ? nullptr : ById(*snapshots, "snapshot-id", *current);
  if (snapshot == nullptr) return Lacks(Concat("snapshot ", *current, ", its current one"));
  if (const Json* key = snapshot->Find("key-id"); key != nullptr && !key->is_null()) {
    return Status::Unsupported("the Iceberg table is encrypted, which this build does not read");
  }
  const std::string* list = TextOf(*snapshot, "manifest-list");
  if (list == nullptr) {
    return Status::Unsupported("the current Iceberg snapshot, ", *current,
                               ", is of an early kind without a manifest list; write to the table "
                               "by a newer Iceberg first");
  }
  out.manifest_list = *list;
  return Status();
}

/// A file name's version, of one of its two kinds.
struct NamedVersion {
  bool is_catalog = false;  ///< 00012-<uuid>, not v12
  int64_t version = 0;
  std::string_view name;
};

std::optional<NamedVersion> VersionOf(std::string_view name) {
  for (const std::string_view suffix : kSuffixes) {
    if (!name.ends_with(suffix)) continue;
    std::string_view stem = name.substr(0, name.size() - suffix.size());
    NamedVersion out{.is_catalog = !stem.starts_with('v'), .name = name};
    if (!out.is_catalog) stem.remove_prefix(1);
    const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), out.version);
    const bool ends_so = out.is_catalog ? end != stem.data() + stem.size() && *end == '-'
                                        : end == stem.data() + stem.size();
    if (error != std::errc() || !ends_so || out.version < 0) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

}  // namespace

Result<const IcebergSpec*> IcebergMetadata::Spec(int64_t id) const {
  const auto found = specs.find(id);
  if (found == specs.end()) return Lacks(Concat("partition spec ", id));
  return &found->second;
}

Result<IcebergMetadata> ParseIcebergMetadata(std::string_view text) {
  DELTAIC_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  IcebergMetadata out;
  const auto version = IntOf(json, "format-version");
  if (!version || *version < 1) return Lacks("format-version");
  if (*version > kNewestFormat) {
    return Status::Unsupported("the Iceberg table has format version ", *version,
                               "; this build knows those up to ", kNewestFormat);
  }
  out.format_version = *version;
  const std::string* location = TextOf(json, "location");
  const auto last_column = IntOf(json, "last-column-id");
  if (location == nullptr || location->empty()) return Lacks("location");
  if (!last_column || *last_column < 0 || *last_column > INT32_MAX) return Lacks("last-column-id");
  out.location = *location;
  out.last_column_id = *last_column;
  DELTAIC_RETURN_IF_ERROR(TakeSchema(json, out));
  DELTAIC_RETURN_IF_ERROR(TakeSpecs(json, out));
  DELTAIC_RETURN_IF_ERROR(TakeSnapshot(json, out));
  const Json* properties = json.Find("properties");
  if (properties != nullptr && properties->as_object() != nullptr) {
    for (const auto& [key, value] : *properties->as_object()) {
      if (value.as_text() != nullptr) out.properties[key] = *value.as_text();
    }
  }
  return out;
}

bool IsIcebergMetadataName(std::string_view name) {
  return std::ranges::any_of(kSuffixes, [&](auto suffix) { return name.ends_with(suffix); });
}

bool IsGzipMetadataName(std::string_view name) {
  return name.ends_with(kSuffixes[0]) || name.ends_with(kSuffixes[1]);
}

Result<std::string> NewestIcebergMetadata(const std::vector<std::string>& names,
                                          const std::optional<std::string>& hint) {
  std::vector<NamedVersion> found;
  for (const std::string& name : names) {
    if (const auto version = VersionOf(name)) found.push_back(*version);
  }
  if (hint) {
    int64_t least = -1;
    const std::string_view digits = std::string_view(*hint).substr(0, hint->find_first_of(" \r\n"));
    std::from_chars(digits.data(), digits.data() + digits.size(), least);
    std::erase_if(
        found, [&](const NamedVersion& file) { return file.is_catalog || file.version < least; });
    if (least < 0 || found.empty()) {
      return Status::NotFound("metadata/version-hint.text says version ", digits,
                              ", of which there is no metadata; name a metadata.json");
    }
  }
  if (found.empty()) {
    return Status::NotFound("metadata/ has no metadata.json with a version in its name");
  }
  std::ranges::sort(found, {},
                    [](const NamedVersion& file) { return std::pair(file.version, file.name); });
  const bool is_tie = found.size() > 1 && found[found.size() - 2].version == found.back().version;
  const bool is_mixed = std::ranges::any_of(
      found, [&](const NamedVersion& file) { return file.is_catalog != found.back().is_catalog; });
  if (is_tie || is_mixed) {
    return Status::InvalidArgument(
        "only its catalog knows which metadata.json is the Iceberg table: metadata/ has ",
        is_tie ? found[found.size() - 2].name : found.front().name, " and ", found.back().name,
        "; name the one to convert (iceberg_metadata)");
  }
  return std::string(found.back().name);
}

}  // namespace deltaic
