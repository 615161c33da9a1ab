#include "data/parquet/arrow_schema_hint.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/metadata.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/parquet/thrift_value.h"

namespace deltaic {
namespace {

constexpr std::string_view kExtensionName = "ARROW:extension:name";
// parquet.thrift: FileMetaData.key_value_metadata, KeyValue.key.
constexpr int16_t kKeyValues = 5;
constexpr int16_t kKey = 1;

bool NamesExtensionType(const parquet::FileMetaData& footer) {
  const auto& pairs = footer.key_value_metadata();
  const int at = pairs == nullptr ? -1 : pairs->FindKey(std::string(kArrowSchemaKey));
  if (at < 0) return false;
  // The strings of a flatbuffer lie in it as they are.
  const auto schema = arrow::util::base64_decode(pairs->value(at));
  return schema.ok() && schema->find(kExtensionName) != std::string::npos;
}

bool IsArrowSchema(const ThriftValue& pair) {
  const ThriftValue* key = pair.Find(kKey);
  return key != nullptr && key->bytes == kArrowSchemaKey;
}

}  // namespace

std::optional<std::string> NarrowSchemaHint(std::string_view hint, const std::vector<bool>& keeps) {
  const auto bytes = arrow::util::base64_decode(hint);
  if (!bytes.ok()) return std::nullopt;
  if (bytes->find(kExtensionName) != std::string::npos) return std::string();
  arrow::io::BufferReader reader(std::make_shared<arrow::Buffer>(*bytes));
  arrow::ipc::DictionaryMemo memo;
  const auto schema = arrow::ipc::ReadSchema(&reader, &memo);
  if (!schema.ok() || (*schema)->fields().size() != keeps.size()) return std::nullopt;
  arrow::FieldVector kept;
  for (size_t i = 0; i < keeps.size(); ++i) {
    if (keeps[i]) kept.push_back((*schema)->field(static_cast<int>(i)));
  }
  const auto written =
      arrow::ipc::SerializeSchema(arrow::Schema(std::move(kept), (*schema)->metadata()));
  if (!written.ok()) return std::nullopt;
  return arrow::util::base64_encode(std::string_view(**written));
}

Result<std::shared_ptr<parquet::FileMetaData>> WithoutExtensionTypes(
    std::shared_ptr<parquet::FileMetaData> footer) {
  if (!NamesExtensionType(*footer)) return footer;
  const std::string bytes = footer->SerializeToString();
  size_t size = 0;
  DELTAIC_ASSIGN_OR_RETURN(
      ThriftValue tree,
      ParseThriftStruct({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, &size));
  if (ThriftValue* pairs = tree.Find(kKeyValues)) std::erase_if(pairs->elements, IsArrowSchema);
  std::string stripped;
  AppendThriftStruct(tree, stripped);
  return parquet::FileMetaData::Make(stripped.data(), static_cast<int64_t>(stripped.size()));
}

}  // namespace deltaic
