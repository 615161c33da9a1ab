#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic::ingest {

/// One change as Debezium tells it. Views into the text; objects as JSON, empty where null.
struct Envelope {
  char op = 0;  ///< c, u, d, r, t (truncate), m (a message)
  std::string_view before, after;
};

/// Reads envelopes and keys, plain or as `payload` beside a `schema`. One thread at a time.
class EnvelopeReader {
 public:
  EnvelopeReader();
  ~EnvelopeReader();

  /// \param text  JSON; Decoder::kPadding bytes after it are readable.
  /// \retval kCorruption  not JSON, or no envelope.
  Result<Envelope> Read(std::string_view text);

  /// The key without its schema: an object, or one value. \retval kCorruption
  Result<std::string_view> ReadKey(std::string_view text);

  /// The values of those members as they stand, empty for one that is not there.
  /// \retval kCorruption
  Result<std::vector<std::string>> Members(std::string_view object,
                                           const std::vector<std::string>& names);

  /// Whether Debezium's flattened form says that the row is gone: `__deleted`, or `__op` "d".
  Result<bool> IsDeletion(std::string_view object);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic::ingest
