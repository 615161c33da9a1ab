#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/source/kafka_source.h"

namespace deltaic::ingest {

/// One message that made no row.
struct DeadLetter {
  const Message* message = nullptr;
  std::string_view stage;  ///< "decode", "transform", "rules"
  const Status* error = nullptr;
};

/// Where dead letters go. They are there before the rows around them are committed.
/// One thread at a time.
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;
  /// Keeps a copy. One that is there already, of an earlier run, is left out.
  virtual Status Add(const DeadLetter& letter) = 0;
  /// Makes all lasting. After an error they are gone, as are the rows around them.
  /// \param positions  by partition: the last offset handled.
  /// \return how many there were.
  virtual Result<int64_t> Flush(const std::map<int32_t, int64_t>& positions) = 0;
  virtual void Drop() = 0;
  /// Learns what is there already.
  virtual Status Reload() = 0;
};

}  // namespace deltaic::ingest
