#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avro/avro_reader.h"
#include "avro/avro_schema.h"
#include "base/status.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/decode/decoder.h"

namespace deltaic::ingest {

struct AvroOp;

/// What one writer's schema means for the columns of a RowBuffer: each value has its place before
/// any message is read. One thread at a time.
class AvroProgram {
 public:
  /// \param writer  a record: what messages are written by.
  /// \param reader  a record, or nullptr: what the reader calls the fields (aliases), and the
  /// values of those that the writer lacks (defaults).
  /// \param rows  outlives this. Evolution::kMerge adds columns to it.
  /// \retval kSchemaMismatch  a field without a column (Evolution::kStrict)  \retval kUnsupported
  /// the same (Evolution::kFail).
  static Result<std::unique_ptr<AvroProgram>> Compile(const AvroTypePtr& writer,
                                                      const AvroTypePtr& reader, RowBuffer* rows,
                                                      Evolution evolution);
  ~AvroProgram();

  /// Fills one row. After an error nothing is left of it.
  /// \retval kCorruption  damaged bytes  \retval kSchemaMismatch  a value that its column does not
  /// hold.
  Status Run(std::string_view bytes);

 private:
  struct Field {
    std::string name;
    AvroTypePtr type;
    std::unique_ptr<AvroOp> op;
    int column = -1;       ///< -1: none
    bool kept = false;     ///< as JSON, where there is no column
    bool rescued = false;  ///< of this row: its value did not fit
  };
  struct Default {
    std::unique_ptr<AvroOp> op;
    std::string bytes;
  };

  AvroProgram() = default;
  Status RunFields(std::string_view bytes);
  void Rescue(std::string_view name, std::string_view json);

  RowBuffer* rows_ = nullptr;
  std::vector<Field> fields_;
  std::vector<Default> defaults_;
  int rescue_column_ = -1;
  std::string rescue_text_;
  Field* failed_ = nullptr;  ///< the field whose value did not fit
};

}  // namespace deltaic::ingest
