#include "ingest/decode/open_format.h"

#include <utility>

#include "avro/avro_schema.h"
#include "ingest/avro/avro_format.h"
#include "ingest/decode/framed_json.h"
#include "ingest/decode/raw_format.h"
#include "ingest/protobuf/proto_format.h"

namespace deltaic::ingest {
namespace {

Result<std::shared_ptr<SchemaStore>> OpenSchemas(const FormatOptions& options) {
  if (options.has_registry) {
    DELTAIC_ASSIGN_OR_RETURN(auto registry, OpenRegistry(options.registry));
    return std::shared_ptr<SchemaStore>(std::make_shared<SchemaCache>(std::move(registry)));
  }
  if (options.schema_files.empty()) {
    return Status::InvalidArgument("the messages' schema is not known: give a registry or a file");
  }
  if (options.frame == FrameStyle::kSingleObject) {
    DELTAIC_ASSIGN_OR_RETURN(auto schemas, SchemasByFingerprint(options.schema_files));
    return std::shared_ptr<SchemaStore>(std::move(schemas));
  }
  return std::shared_ptr<SchemaStore>(
      FixedSchema({.type = {}, .text = options.schema_files.front(), .references = {}}));
}

}  // namespace

Result<std::shared_ptr<const Format>> OpenFormat(const FormatOptions& options) {
  switch (options.kind) {
    case PayloadKind::kJson:
      if (options.frame != FrameStyle::kNone) return FramedJsonFormat(options.frame);
      return JsonFormat();
    case PayloadKind::kRaw:
      return RawFormat(false);
    case PayloadKind::kText:
      return RawFormat(true);
    case PayloadKind::kAvro: {
      DELTAIC_ASSIGN_OR_RETURN(auto schemas, OpenSchemas(options));
      if (!options.has_registry && options.frame == FrameStyle::kNone) {
        // Whether it is a schema is found out now.
        DELTAIC_RETURN_IF_ERROR(ParseAvroSchema(options.schema_files.front()).status());
      }
      return AvroFormat(options.frame, std::move(schemas), options.reader_schema);
    }
    case PayloadKind::kProtobuf: {
      DELTAIC_ASSIGN_OR_RETURN(auto schemas, OpenSchemas(options));
      return ProtobufFormat(options.frame, options.has_registry, std::move(schemas),
                            options.message_type);
    }
  }
  return Status::Internal("no such format");
}

}  // namespace deltaic::ingest
