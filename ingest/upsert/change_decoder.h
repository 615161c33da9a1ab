#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/decode/format.h"
#include "ingest/transform/transforms.h"
#include "ingest/upsert/change_options.h"
#include "ingest/upsert/envelope.h"

namespace deltaic::ingest {

/// Messages that change rows: rows of the table's columns with kPutColumn, or with kOpColumn, which
/// RowBuffer has beside them. One thread at a time.
class ChangeDecoder {
 public:
  /// \param values, keys  how payloads and keys are written.  \param rows  outlives this.
  ChangeDecoder(ChangeOptions options, const Format& values, const Format& keys,
                std::shared_ptr<const Transforms> transforms, RowBuffer* rows, Evolution evolution);

  /// Fills one row, which is not ended yet. Where a key changed, the old key's deletion is a row of
  /// its own, ended already, before it. After an error nothing is left of the message.
  /// \return false where there is nothing to do.
  /// \retval kCorruption, kSchemaMismatch  the message's fault; a key that is null, too
  /// \retval kUnsupported  a TRUNCATE, or a new row without all values, and the options do not
  /// ignore it  \retval kUnavailable
  Result<bool> Decode(std::string_view payload, const MessageContext& context,
                      std::string_view& stage);

 private:
  Result<bool> Upsert(std::string_view payload, const MessageContext& context,
                      std::string_view& stage);
  Result<bool> Change(std::string_view payload, const MessageContext& context,
                      std::string_view& stage);
  /// An object into the columns of the row.
  Status Fill(std::string_view object);
  Status FillKey(const MessageContext& context);
  Result<bool> Transformed(std::string_view& object, const MessageContext& context,
                           std::string_view& stage);
  Status Finish(bool puts, char op);
  Status CheckIsWhole(const Envelope& change) const;
  bool KeyIsWhole() const;

  const ChangeOptions options_;
  const bool values_are_json_;
  const std::shared_ptr<const Transforms> transforms_;
  RowBuffer* const rows_;
  std::unique_ptr<Decoder> values_, keys_, json_;
  EnvelopeReader reader_;
  std::vector<Column*> key_columns_;
  Column* put_ = nullptr;
  Column* op_ = nullptr;
  std::string value_text_, key_text_, changed_, padded_;
};

}  // namespace deltaic::ingest
