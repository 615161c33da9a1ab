#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/decode/decoder.h"

namespace deltaic::ingest {

/// JSON objects to rows of a RowBuffer. One thread at a time.
///
/// Fields of messages come in the same order mostly, so each object remembers which column the
/// field at a place went to, and compares one name before it looks any up.
///
/// Values: texts go to string, base64 to binary, ISO 8601 to timestamps and dates, numbers to the
/// numeric types that hold them exactly (a float takes the nearest), to timestamps as microseconds
/// and to dates as days, and to decimals, as texts do. Null, and a field that is missing, is null.
/// Of fields that come twice the last counts. Names compare exactly.
class JsonDecoder : public Decoder {
 public:
  JsonDecoder(RowBuffer* rows, Evolution evolution);
  ~JsonDecoder() override;
  JsonDecoder(JsonDecoder&&) noexcept;

  /// Fills one row, which is not ended yet (RowBuffer::EndRow). After an error nothing is left of
  /// it.
  /// \param text  kPadding bytes after it are readable.
  /// \retval kCorruption  not a JSON object  \retval kSchemaMismatch  a value that does not fit its
  /// column, or a field without one (Evolution::kStrict)  \retval kUnsupported  a field without a
  /// column, and Evolution::kFail.
  Status Decode(std::string_view text);
  Status Decode(std::string_view payload, const MessageContext& context) override;
  Status ToJson(std::string_view payload, const MessageContext& context, std::string& out) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic::ingest
