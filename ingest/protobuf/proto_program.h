#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/decode/decoder.h"
#include "ingest/protobuf/proto_schema.h"

namespace deltaic::ingest {

struct ProtoOp;

/// What one message type means for the columns of a RowBuffer. One thread at a time.
class ProtoProgram {
 public:
  /// \param schema  holds `message`.  \param rows  outlives this. Evolution::kMerge adds columns.
  /// \retval kSchemaMismatch  a field without a column (Evolution::kStrict), or a new column that
  /// would contain itself  \retval kUnsupported  a field without a column (Evolution::kFail).
  static Result<std::unique_ptr<ProtoProgram>> Compile(std::shared_ptr<const ProtoSchema> schema,
                                                       const ProtoMessage& message, RowBuffer* rows,
                                                       Evolution evolution);
  ~ProtoProgram();

  /// Fills one row. After an error nothing is left of it.
  /// \retval kCorruption  damaged bytes  \retval kSchemaMismatch  a value that its column does not
  /// hold, or with Evolution::kStrict a field that the schema does not have.
  Status Run(std::string_view bytes);

 private:
  ProtoProgram() = default;
  Status RunOnce(std::string_view bytes);

  std::shared_ptr<const ProtoSchema> schema_;
  RowBuffer* rows_ = nullptr;
  std::unique_ptr<ProtoOp> root_;
  bool is_strict_ = false;
  int rescue_column_ = -1;
  std::vector<const ProtoField*> kept_;     ///< as JSON, where there is no column
  std::vector<const ProtoField*> rescued_;  ///< of this row: their values did not fit
  const ProtoField* failed_ = nullptr;
};

/// Appends a message as a JSON object; well-known ones as what they mean. Fields as their schema
/// names them; absent ones that have no zero are left out. False where the bytes are damaged.
/// \param only  nullptr, or those fields alone.
bool AppendProtoJson(const ProtoMessage& message, std::string_view bytes, std::string& out,
                     const std::vector<const ProtoField*>* only = nullptr);

}  // namespace deltaic::ingest
