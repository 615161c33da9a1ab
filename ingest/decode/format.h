#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/decode/decoder.h"

namespace deltaic::ingest {

/// One message of those that the columns of a new table are told from.
struct SampledMessage {
  std::string_view payload;
  MessageContext context;
};

/// How the payloads of a topic are written: one for all decoders of a run. Safe from any thread.
class Format {
 public:
  virtual ~Format() = default;

  /// \param rows  outlives the decoder.
  virtual std::unique_ptr<Decoder> MakeDecoder(RowBuffer* rows, Evolution evolution) const = 0;

  /// The columns that these messages ask for.
  /// \retval kSchemaMismatch  none of them tells any  \retval kUnavailable  not now.
  virtual Result<SchemaPtr> InferSchema(const std::vector<SampledMessage>& messages) const = 0;

  /// Whether payloads are JSON texts as they are.
  virtual bool is_json() const { return false; }
};

/// JSON objects.
std::shared_ptr<const Format> JsonFormat();

}  // namespace deltaic::ingest
