#include "ingest/decode/metadata_column.h"

#include <map>
#include <string>

#include "ingest/decode/base64.h"
#include "ingest/decode/cells.h"
#include "ingest/source/kafka_source.h"

namespace deltaic::ingest {
namespace {

constexpr std::string_view kHeaderPrefix = "headers.";

constexpr std::pair<std::string_view, Metadata> kNames[] = {
    {"offset", Metadata::kOffset},
    {"partition", Metadata::kPartition},
    {"topic", Metadata::kTopic},
    {"timestamp", Metadata::kTimestamp},
    {"timestamp_type", Metadata::kTimestampType},
    {"key", Metadata::kKey},
    {"headers", Metadata::kHeaders}};

bool PutText(Column& column, std::string_view bytes) {
  if (column.id() == TypeId::kString && !IsUtf8(bytes)) {
    column.AppendText(EncodeBase64(bytes));
    return true;
  }
  return PutBytes(column, bytes);
}

/// A name that comes twice has its last value: maps have each key once.
bool PutHeaders(const MessageContext& context, Column& column) {
  if (column.id() != TypeId::kMap) return false;
  rd_kafka_headers_t* headers = nullptr;
  const bool has_any =
      context.api != nullptr && context.message != nullptr && context.message->raw != nullptr &&
      context.api->message_headers(context.message->raw, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR;
  std::map<std::string_view, std::optional<std::string_view>> last;
  const char* key = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; has_any && context.api->header_get_all(headers, i, &key, &value, &size) ==
                                    RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    auto& to = last[key];
    if (value == nullptr) {
      to.reset();
    } else {
      to = std::string_view(static_cast<const char*>(value), size);
    }
  }
  for (const auto& [name, bytes] : last) {
    if (!PutText(column.child(0), name)) return false;
    if (!bytes) {
      column.child(1).AppendNull();
    } else if (!PutText(column.child(1), *bytes)) {
      return false;
    }
  }
  column.AppendList();
  return true;
}

bool PutOptional(std::optional<std::string_view> bytes, Column& column) {
  if (bytes) return PutText(column, *bytes);
  column.AppendNull();
  return true;
}

bool Put(Metadata what, std::string_view header, const MessageContext& context, Column& column) {
  const Message& message = *context.message;
  switch (what) {
    case Metadata::kOffset:
      return PutInt(column, message.offset);
    case Metadata::kPartition:
      return PutInt(column, message.partition);
    case Metadata::kTopic:
      return PutBytes(column, context.topic);
    case Metadata::kTimestamp:
      if (message.timestamp_ms >= 0) {
        return PutMicros(column, message.timestamp_ms * 1000, message.timestamp_ms * 1000);
      }
      column.AppendNull();
      return true;
    case Metadata::kTimestampType:
      return PutInt(column, message.timestamp_type);
    case Metadata::kKey:
      return PutOptional(message.has_key ? std::optional(message.key) : std::nullopt, column);
    case Metadata::kHeaders:
      return PutHeaders(context, column);
    case Metadata::kHeader:
      break;
  }
  return PutOptional(context.Header(header), column);
}

}  // namespace

std::optional<Metadata> MetadataOf(std::string_view name) {
  for (const auto& [known, what] : kNames) {
    if (known == name) return what;
  }
  if (name.starts_with(kHeaderPrefix) && name.size() > kHeaderPrefix.size()) {
    return Metadata::kHeader;
  }
  return std::nullopt;
}

DataTypePtr MetadataType(Metadata what) {
  const auto text = DataType::Primitive(TypeId::kString);
  switch (what) {
    case Metadata::kOffset:
      return DataType::Primitive(TypeId::kLong);
    case Metadata::kPartition:
    case Metadata::kTimestampType:
      return DataType::Primitive(TypeId::kInteger);
    case Metadata::kTimestamp:
      return DataType::Primitive(TypeId::kTimestamp);
    case Metadata::kHeaders:
      return DataType::Map(text, text, true);
    default:
      return text;
  }
}

bool HasMetadata(Metadata what, std::string_view header, const MessageContext& context) {
  if (what == Metadata::kKey) return context.message->has_key;
  if (what == Metadata::kTimestamp) return context.message->timestamp_ms >= 0;
  if (what == Metadata::kHeader) return context.Header(header).has_value();
  if (what != Metadata::kHeaders) return true;
  rd_kafka_headers_t* headers = nullptr;
  return context.api != nullptr && context.message->raw != nullptr &&
         context.api->message_headers(context.message->raw, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

Status PutMetadata(Metadata what, std::string_view header, const MessageContext& context,
                   Column& column) {
  if (Put(what, header, context, column)) return Status();
  return Status::SchemaMismatch("a column of type ", column.type().ToString(),
                                " does not hold what the transform gives");
}

}  // namespace deltaic::ingest
