// An Iceberg table's metadata: by the first byte a manifest list, a manifest, or a metadata.json
// with its schema. What is accepted keeps its promises.

#include <set>
#include <string_view>

#include "fuzz.h"
#include "iceberg/iceberg_manifest.h"
#include "iceberg/iceberg_metadata.h"
#include "iceberg/iceberg_path.h"
#include "iceberg/iceberg_schema.h"
#include "protocol/schema_json.h"

using namespace deltaic;

namespace {

void CheckIds(const DataType& type, std::set<int32_t>& seen) {
  if (type.id() == TypeId::kArray) CheckIds(*type.element(), seen);
  if (type.id() == TypeId::kMap) {
    CheckIds(*type.key(), seen);
    CheckIds(*type.value(), seen);
  }
  if (type.id() != TypeId::kStruct) return;
  for (const StructField& field : type.fields()) {
    FUZZ_CHECK(field.column_mapping_id().has_value());
    FUZZ_CHECK(seen.insert(*field.column_mapping_id()).second);
    FUZZ_CHECK(field.physical_name() == field.name);
    CheckIds(*field.type, seen);
  }
}

void CheckMetadata(std::string_view json) {
  const auto metadata = ParseIcebergMetadata(json);
  if (!metadata.ok()) return;
  FUZZ_CHECK(metadata->format_version >= 1 && metadata->format_version <= 3);
  FUZZ_CHECK_OK(metadata->Spec(metadata->default_spec));
  if (metadata->manifest_list) {
    const auto path = PathBelow(metadata->location, *metadata->manifest_list);
    FUZZ_CHECK(!path || !path->empty());
  }
  const auto schema = DeltaSchemaOf(metadata->schema);
  if (!schema.ok()) return;
  std::set<int32_t> seen;
  CheckIds(**schema, seen);
  const auto again = ParseSchema(FormatSchema(**schema));
  FUZZ_CHECK(!again.ok() || (*again)->Equals(**schema));
}

void CheckManifest(std::string_view bytes) {
  const Status status = ReadManifest(bytes, {.path = "m"}, [&](IcebergFile file) {
    FUZZ_CHECK(!file.path.empty() && !file.format.empty());
    FUZZ_CHECK(file.num_rows >= 0 && file.size_bytes >= 0);
    FUZZ_CHECK(file.content == IcebergContent::kData);
    return Status();
  });
  static_cast<void>(status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = fuzz::AsText(data + 1, size - 1);
  if (data[0] == 0) {
    const auto list = ReadManifestList(rest);
    for (size_t i = 0; list.ok() && i < list->size(); ++i) FUZZ_CHECK(!(*list)[i].path.empty());
  } else if (data[0] == 1) {
    CheckManifest(rest);
  } else {
    CheckMetadata(rest);
  }
  return 0;
}
