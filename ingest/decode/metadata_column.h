#pragma once

#include <optional>
#include <string_view>

#include "base/status.h"
#include "ingest/buffer/column.h"
#include "ingest/decode/decoder.h"
#include "protocol/schema.h"

namespace deltaic::ingest {

/// What is known of a message besides its payload.
enum class Metadata {
  kOffset,
  kPartition,
  kTopic,
  kTimestamp,
  kTimestampType,
  kKey,
  kHeaders,  ///< all of them
  kHeader,   ///< one, by name
};

/// By its name after "kafka.": "offset", "headers.NAME", ...; nullopt for others.
std::optional<Metadata> MetadataOf(std::string_view name);

/// The type of a new column for it.
DataTypePtr MetadataType(Metadata what);

/// Whether the message has it: not every one has a key, a time, or a header of some name.
bool HasMetadata(Metadata what, std::string_view header, const MessageContext& context);

/// Appends it to a column. Key and headers go to string (base64 where they are no UTF-8) and
/// binary; all headers to a map of these.
/// \param header  the name, of kHeader.
/// \retval kSchemaMismatch  a column of a type that does not hold it.
Status PutMetadata(Metadata what, std::string_view header, const MessageContext& context,
                   Column& column);

}  // namespace deltaic::ingest
