#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "avro/avro_reader.h"
#include "avro/avro_schema.h"
#include "base/status.h"

namespace deltaic {

/// The most that one block of a container file may hold once it is decompressed.
inline constexpr int64_t kMaxAvroBlockBytes = int64_t{1} << 28;

/// An Avro object container file that is whole in memory. Immutable.
class AvroFile {
 public:
  /// Reads the header. \param bytes  outlive this.
  /// \retval kCorruption  no container file, or a damaged one.
  /// \retval kSchemaMismatch  its schema is none, or holds itself.
  /// \retval kUnsupported  compressed by a codec other than null, deflate, snappy, zstandard.
  static Result<AvroFile> Open(std::string_view bytes);

  /// What each value is.
  const AvroType& type() const { return *type_; }
  /// Of the header, by key.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// Calls `visit` before each value, in order; it reads the value off, all of it. Its errors end
  /// the walk.
  /// \retval kCorruption  a damaged block, or one of more than kMaxAvroBlockBytes.
  Status ForEach(const std::function<Status(AvroReader& in)>& visit) const;

 private:
  AvroFile() = default;

  std::string_view blocks_;  ///< what follows the header
  std::string_view sync_;    ///< after each block
  std::map<std::string, std::string> metadata_;
  std::string codec_;
  AvroTypePtr type_;
};

}  // namespace deltaic
