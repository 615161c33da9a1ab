#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/decode/format.h"
#include "ingest/transform/transforms.h"
#include "ingest/upsert/change_decoder.h"
#include "ingest/upsert/change_options.h"

namespace deltaic::ingest {

/// All that happens to a message before it is a row: gzip, the format, transforms.
struct MessageDecoding {
  std::shared_ptr<const Format> format = JsonFormat();
  std::shared_ptr<const Transforms> transforms;
  bool decompress_gzip = false;
  Evolution evolution = Evolution::kIgnore;
  ChangeOptions changes;
  std::shared_ptr<const Format> keys =
      JsonFormat();  ///< of messages' keys, where changes need them
};

/// Messages to rows of one RowBuffer. One thread at a time.
class MessageDecoder {
 public:
  /// \param rows  outlives this.
  MessageDecoder(MessageDecoding how, RowBuffer* rows);

  /// Fills one row, which is not ended yet (RowBuffer::EndRow); a change of a key may have ended
  /// one before it. After an error, and where it is left out, nothing is left of it.
  /// \param payload  Decoder::kPadding bytes after it are readable.
  /// \param stage  where an error was: "decompress", "transform", "decode".
  /// \return false where the filter leaves the message out, or it changes nothing.
  /// Errors: as Decoder::Decode.
  Result<bool> Decode(std::string_view payload, const MessageContext& context,
                      std::string_view& stage);

 private:
  struct MetadataColumn {
    int column = -1;
    Transforms::MetadataRule rule;
  };
  void TakeMetadataRules(const RowBuffer& rows);
  Status SetMetadata(const MessageContext& context);

  const MessageDecoding how_;
  RowBuffer* const rows_;
  std::vector<MetadataColumn> metadata_;  // transforms that need no look at the message
  std::unique_ptr<Decoder> decoder_;      // of the format
  std::unique_ptr<Decoder> transformed_;  // of JSON, after transforms
  std::unique_ptr<ChangeDecoder> changes_;
  std::string inflated_, json_, changed_;
};

/// The columns of a new table: what messages ask for once they are inflated and transformed.
/// Messages that cannot be understood are left out.
Result<SchemaPtr> InferSchema(const MessageDecoding& how,
                              const std::vector<SampledMessage>& messages);

}  // namespace deltaic::ingest
