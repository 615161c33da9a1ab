#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "ingest/decode/decoder.h"

namespace deltaic::ingest {

/// How a message says which schema it is written by.
enum class FrameStyle {
  kConfluent,     ///< 0x00 and 4 bytes of id, or the header __value_schema_id; Apicurio's newer too
  kApicurioLong,  ///< 0x00 and 8 bytes of global id
  kGlue,          ///< 0x03, 0x00 or 0x05 (zlib), 16 bytes of UUID
  kSingleObject,  ///< Avro's: 0xC3 0x01 and 8 bytes of fingerprint
  kNone,          ///< it does not
};

/// Which schema: a number, or 16 bytes.
struct SchemaKey {
  int64_t number = -1;  ///< -1: by `guid`, or the only one
  std::string guid;     ///< 16 bytes, or none

  bool operator==(const SchemaKey&) const = default;
  bool operator<(const SchemaKey& other) const {
    return number != other.number ? number < other.number : guid < other.guid;
  }
  /// "schema 7", for messages.
  std::string ToString() const;
};

/// Takes the frame off a payload.
/// \param key  what it says; not touched where that is the same as before.
/// \param scratch  holds the body where it was compressed.
/// \return the body.
/// \retval kCorruption  no such frame, a damaged one, or more than 64 MiB compressed in it.
Result<std::string_view> ReadFrame(FrameStyle style, std::string_view payload,
                                   const MessageContext& context, SchemaKey& key,
                                   std::string& scratch);

}  // namespace deltaic::ingest
